"""Five ports on loopback, kept from one start to the next so that addresses stay good."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DOORS = ("github", "google", "google_grpc", "receiver", "consumer")


def doors(kept: Path, first: int = 0) -> dict[str, int]:
    """Return a port per door: `first` and the next ones, or the kept ones, or free ones.

    Raises OSError, naming the port, when a wanted one is taken.
    """
    if first:
        ports = {door: first + place for place, door in enumerate(DOORS)}
    elif kept.exists():
        ports = json.loads(kept.read_text(encoding="ascii"))
    else:
        ports = _free()
    for door, port in ports.items():
        if not _is_free(port):
            what = f"port {port}, wanted for {door}, is taken by another program"
            remedy = "end that, or name others with --port"
            raise OSError(f"{what}: {remedy}")  # noqa: EM102, TRY003  # two parts of one sentence
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(ports), encoding="ascii")
    return ports


def _free() -> dict[str, int]:
    """Hold all five open at once, so that no port is given twice."""
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in DOORS]
    ports = {door: s.getsockname()[1] for door, s in zip(DOORS, listening, strict=True)}
    for held in listening:
        held.close()
    return ports


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
