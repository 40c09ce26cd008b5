"""Loopback ports: chosen below the range that the kernel hands to outgoing connections."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import tempfile
from functools import cache
from itertools import cycle
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST, _LAST = 20_000, 32_000
_choosing = Lock()


def _from_here_on() -> Iterator[int]:
    """Walk the range from a place of this process's own, so that two clouds seldom meet."""
    size = _LAST - _FIRST
    return cycle(_FIRST + (os.getpid() * 97 + step) % size for step in range(size))


_next_ports = _from_here_on()


def listen(port: int = 0) -> socket.socket:
    """Listen on this loopback port, or on a free one. Raises OSError when it is taken."""
    if port:
        return _bound(port)
    reserved = reserve()
    try:
        return _bound(reserved)
    finally:
        release(reserved)


def reserve() -> int:
    """Choose a port that nobody listens on, for a process that is yet to start.

    Until its release no other local cloud of this user chooses it: the other's service would answer
    in place of ours, or ours in place of the other's.
    """
    while True:
        with _choosing:
            candidate = next(_next_ports)
        if not _claimed(candidate):
            continue
        try:
            _bound(candidate).close()
        except OSError:
            release(candidate)
        else:
            return candidate


def release(port: int) -> None:
    """Let others choose a port again, at the latest with the end of this process."""
    fcntl.lockf(_claims(), fcntl.LOCK_UN, 1, port)


def _claimed(port: int) -> bool:
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _claims() -> int:
    """Open the file that all local clouds of this user share: one byte of it for each port."""
    shared = Path(tempfile.gettempdir()) / f"spillway-ports-{os.getuid()}"
    return os.open(shared, os.O_WRONLY | os.O_CREAT, 0o600)


def _bound(port: int) -> socket.socket:
    server = socket.socket()
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(512)
    except OSError:
        server.close()
        raise
    server.settimeout(0)
    return server


class PortBook:
    """Remembers in a file which port belongs to which name, so that addresses survive restarts."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def listen(self, name: str) -> socket.socket:
        """Listen on the name's port; a new one when it has none or somebody else took it."""
        try:
            server = listen(self._ports.get(name, 0))
        except OSError:
            server = listen()
        self._ports[name] = int(server.getsockname()[1])
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps(self._ports, indent=1, sort_keys=True))
        written.replace(self._file)
        return server
