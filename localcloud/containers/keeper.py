"""Keeps podman's engine for exactly as long as its owner lives: `python keeper.py FOLDER`.

Standard input is the bond: its end, which also comes when the owner dies by SIGKILL, means that
every container ends and nothing of them stays behind. Run in a mount namespace of its own
(`unshare --mount`): storage mounts are seen nowhere else, and the few places outside FOLDER that
podman insists on writing to are laid over with folders of ours. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

SOCKET = "engine.sock"
CONFIGURATION = ("storage", "containers", "registries")
_ELSEWHERE = ("/var/lib/containers", "/var/cache/containers", "/run/runc")
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_CGROUPS = Path("/sys/fs/cgroup")
PARENT = "spillway"
"""Prefix of the cgroup that holds a folder's containers."""


def cgroup_of(folder: Path) -> str:
    """Return the cgroup of this folder's containers: no two folders share one."""
    return f"/{PARENT}-{folder.stat().st_ino:x}"


def environment(folder: Path) -> dict[str, str]:
    """Return the variables that keep podman inside the folder."""
    files = {f"CONTAINERS_{name.upper()}_CONF": f"{folder}/{name}.conf" for name in CONFIGURATION}
    files["CONTAINERS_CONF"] = files.pop("CONTAINERS_CONTAINERS_CONF")
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), **files}


def keep(folder: Path) -> None:
    """Serve until the bond breaks or podman ends, then clear away."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.chdir(folder)  # where podman's monitors leave their notes
    made = [_lay_over(Path(place), folder) for place in _ELSEWHERE]
    _podman(folder, "rm", "--all", "--force", "--time", "0")
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    command = ["podman", "system", "service", "--time", "0", f"unix://{folder}/{SOCKET}"]
    service = subprocess.Popen(command, env=environment(folder), start_new_session=True)  # noqa: S603  # podman on the path is meant
    threading.Thread(target=_await_the_end, args=(service.pid,), daemon=True).start()
    while os.wait()[0] != service.pid:
        continue  # a container's monitor has ended; it became ours when podman let go of it
    _podman(folder, "rm", "--all", "--force", "--time", "0")
    _end_orphans()
    _clear(folder, [place for place in made if place])


def _await_the_end(service: int) -> None:
    sys.stdin.buffer.read()
    os.kill(service, signal.SIGTERM)


def _end_orphans() -> None:
    """Kill what podman left running, such as a step of a build that was cancelled.

    All of it has become ours by now, and what it leaves behind becomes ours next.
    """
    while True:
        for orphan in _children():
            os.kill(orphan, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def _children() -> list[int]:
    """Return the processes whose parent is this one, those that wait to be reaped too."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == os.getpid():
            found.append(int(status.parent.name))
    return found


def _lay_over(place: Path, folder: Path) -> Path | None:
    """Mount a folder of ours over the place; return the place if we had to make it."""
    missing = not place.exists()
    ours = folder / place.as_posix().strip("/").replace("/", "-")
    for needed in (place, ours):
        needed.mkdir(parents=True, exist_ok=True)
    _run(["mount", "--bind", str(ours), str(place)])
    return place if missing else None


def _podman(folder: Path, *words: str) -> None:
    _run(["podman", *words], environment(folder))


def _run(command: list[str], env: dict[str, str] | None = None) -> None:
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False)  # noqa: S603  # ours


def _clear(folder: Path, made: list[Path]) -> None:
    """Remove mount points that we made, and what podman leaves: uploads, empty cgroups."""
    for place in made:
        _run(["umount", str(place)])
        _remove_empty(place)
    for left in folder.glob("api_load*"):
        left.unlink()
    for controller in (_CGROUPS, *_CGROUPS.iterdir()):
        for name in (cgroup_of(folder).strip("/"), "libpod_parent", "buildah-*"):
            for group in controller.glob(name):
                for part in sorted(group.glob("**/"), reverse=True):
                    _remove_empty(part)


def _remove_empty(place: Path) -> None:
    try:
        place.rmdir()
    except OSError:
        return


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
