"""The owner's end of `supervisor.py`: start a command that dies with us, stop it, await it."""

from __future__ import annotations

import subprocess
import sys
from typing import IO, TYPE_CHECKING

from localcloud.runtime import supervisor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Supervised:
    """One command under its supervisor; `stdout` and `stderr` are its own, as binary streams."""

    def __init__(self, command: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # a tool of ours or the image's command
            [sys.executable, "-I", "-S", supervisor.__file__, *command],
            cwd=folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def stdout(self) -> IO[bytes]:
        """The command's standard output."""
        return _piped(self._process.stdout)

    @property
    def stderr(self) -> IO[bytes]:
        """The command's standard error."""
        return _piped(self._process.stderr)

    @property
    def exit_code(self) -> int | None:
        """The exit code once the command has ended, 128 + N after signal N."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and SIGKILL after ten seconds; returns at once."""
        stdin = _piped(self._process.stdin)
        try:
            stdin.write(supervisor.STOP)
            stdin.flush()
        except (BrokenPipeError, ValueError):
            return

    def kill(self) -> None:
        """Send SIGKILL; returns at once."""
        try:
            _piped(self._process.stdin).close()
        except BrokenPipeError:
            return

    def wait(self) -> int:
        """Block until the command has ended; gives its exit code."""
        code = self._process.wait()
        self.kill()
        return code


def _piped(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        reason = "the stream is not piped"
        raise ValueError(reason)
    return stream
