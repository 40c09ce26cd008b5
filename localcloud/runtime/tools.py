"""Runs uv and npm: output goes to the build's log, time is bounded, the environment is small."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections import deque
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import IO, TYPE_CHECKING

from localcloud.runtime.interface import BuildFailed
from localcloud.runtime.supervised import Supervised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.runtime.interface import BuildOptions

_KEPT = re.compile(
    r"(?i)PATH|HOME|USER|LANG|TMPDIR|\w+_PROXY|SSL_\w+|NODE_EXTRA_CA_CERTS|(?:PIP|UV|NPM_CONFIG|XDG)_\w+"
)
_LAST_LINES = 15
_LOOK_EVERY_SECONDS = 0.1
SEARCH_PATH = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])


@cache
def find_tool(name: str) -> str:
    """Find a program beside our interpreter or on PATH. Raises BuildFailed."""
    found = shutil.which(name, path=SEARCH_PATH)
    if found is None:
        reason = f"{name} is not installed on this machine"
        raise BuildFailed(reason)
    return found


@cache
def find_python(version: str) -> str:
    """Find an interpreter of this version, such as `3.12`, else give our own."""
    wanted = [find_tool("uv"), "python", "find", "--no-python-downloads", version]
    found = subprocess.run(wanted, capture_output=True, text=True, check=False)  # noqa: S603  # uv
    return found.stdout.strip() if version and found.returncode == 0 else sys.executable


@cache
def version_of(program: str) -> str:
    """Ask a program for its version."""
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # found by us
    return asked.stdout.strip()


def run_tool(command: Sequence[str], folder: Path, options: BuildOptions) -> None:
    """Run to the end. Raises BuildFailed with the last lines, or when cancelled or out of time."""
    env = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    env["PATH"] = SEARCH_PATH
    tool = Supervised(command, folder, env)
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    readers = [Thread(target=_read, args=(s, lines, options)) for s in (tool.stdout, tool.stderr)]
    ended = Event()
    guard = Thread(target=_guard, args=(tool, ended, options))
    for thread in (*readers, guard):
        thread.start()
    code = tool.wait()
    ended.set()
    for thread in (*readers, guard):
        thread.join()
    still_wanted(options)
    if code:
        name = Path(command[0]).name
        raise BuildFailed("\n".join([f"{name} ended with exit code {code}:", *lines]))


def still_wanted(options: BuildOptions) -> None:
    """Raise BuildFailed when the build was cancelled or its time is over."""
    if options.cancelled():
        reason = "the build was cancelled"
        raise BuildFailed(reason)
    if time.monotonic() > options.deadline:
        reason = "the build took longer than its time-out"
        raise BuildFailed(reason)


def _read(stream: IO[bytes], lines: deque[str], options: BuildOptions) -> None:
    with stream:
        for raw in stream:
            line = raw.decode(errors="replace").rstrip()
            lines.append(line)
            options.log(line)


def _guard(tool: Supervised, ended: Event, options: BuildOptions) -> None:
    while not ended.wait(_LOOK_EVERY_SECONDS):
        try:
            still_wanted(options)
        except BuildFailed:
            tool.kill()
            return
