"""Runs one command so that it cannot outlive whoever asked for it: `python supervisor.py COMMAND…`.

Standard input is the bond to the owner. `stop` on it means SIGTERM and, ten seconds later,
SIGKILL; its end, which also comes when the owner dies by SIGKILL, means SIGKILL at once. Both go to
the command's whole process group. Standard library only, because it starts once per revision.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from threading import Thread, Timer

STOP = b"stop\n"
GRACE_SECONDS = 10  # https://cloud.google.com/run/docs/container-contract#lifecycle-shutdown
_NOT_FOUND = 127


def supervise(command: list[str]) -> int:
    """Run the command to its end; gives its exit code, 128 + N after signal N."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _carry_on)
    try:
        child = subprocess.Popen(  # noqa: S603  # the image's own command
            command, stdin=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as trouble:
        sys.stderr.write(f"exec {command[0]}: {trouble.strerror}\n")
        return _NOT_FOUND
    Thread(target=_obey, args=(child,), daemon=True).start()
    code = child.wait()
    _signal_group(child.pid, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _carry_on(_number: int, _frame: object) -> None:
    """Stay with the command; a handler, unlike SIG_IGN, is not inherited by it."""


def _obey(child: subprocess.Popen[bytes]) -> None:
    if sys.stdin.buffer.readline() == STOP:
        _signal_group(child.pid, signal.SIGTERM)
        last_resort = Timer(GRACE_SECONDS, _signal_group, (child.pid, signal.SIGKILL))
        last_resort.daemon = True
        last_resort.start()
        sys.stdin.buffer.read()
    _signal_group(child.pid, signal.SIGKILL)


def _signal_group(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    os._exit(supervise(sys.argv[1:]))
