"""Docker's own daemon, of the tests alone: below one folder, and ended with its owner."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest
from docker.errors import DockerException

from localcloud.containers.bonded import Bonded
from localcloud.containers.engine import API
from localcloud.runtime import supervisor
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_SECONDS = 60
NAMESPACES = ("--mount", "--propagation=private", "--pid", "--fork", "--kill-child", "--mount-proc")
SCRIPT = """
for place in /etc/docker /run/containerd; do
  mkdir -p "$0$place" "$place" && mount --bind "$0$place" "$place" || exit 1
done
exec dockerd --data-root "$0/data" --exec-root "$0/run" --pidfile "$0/pid" \\
  --host "unix://$0/docker.sock" --cgroup-parent "$1" \\
  --bridge=none --iptables=false --ip6tables=false
"""
"""Two places outside of the folder that it insists on writing to are laid over with ours."""
MISSING = "Docker's own daemon is not here: `make e2e` as root brings it, Debian's docker.io"
HELD_BACK = "Docker's own daemon does not start here; it does where root may mount and make cgroups"


@contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """Run it until the end of the block, in namespaces that take everything along with them.

    Gives its address. Skips, with its own last words, where it cannot start.
    """
    if os.geteuid() or not all(map(shutil.which, ("dockerd", "containerd", "runc", "unshare"))):
        pytest.skip(MISSING)
    group = f"/spillway-{folder.stat().st_ino:x}"
    command = [sys.executable, "-I", "-S", supervisor.__file__, "unshare", *NAMESPACES]
    kept = Bonded([*command, "sh", "-c", SCRIPT, str(folder), group], folder / "dockerd.log")
    try:
        address = f"unix://{folder}/docker.sock"
        _await(address, kept)
        yield address
    finally:
        kept.end()
        eventually(
            lambda: [*_clear(group), *living(folder)],
            lambda left: left == [],
            "the end of everything in the namespaces, which the kernel takes along after unshare",
        )


def _await(address: str, kept: Bonded) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(address):
        if kept.ended or time.monotonic() > deadline:
            pytest.skip(f"{HELD_BACK}: {kept.last_words()}")
        time.sleep(0.1)


def _answers(address: str) -> bool:
    api = docker.APIClient(address, version=API, timeout=5)
    try:
        return bool(api.ping())
    except (DockerException, OSError):
        return False
    finally:
        api.close()


def living(folder: Path) -> list[str]:
    """Return what processes that name the folder were called with, but for this one."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = command.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in words and command.parent.name != str(os.getpid()):
                found.append(words)
    return found


def _clear(group: str) -> list[Path]:
    """Remove the cgroups of its containers; gives those in which something still ends."""
    for top in Path("/sys/fs/cgroup").glob(f"*{group}"):
        for part in sorted(top.glob("**/"), reverse=True):
            with suppress(OSError):
                part.rmdir()
    return [*Path("/sys/fs/cgroup").glob(f"*{group}")]
