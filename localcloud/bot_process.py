"""The bot's receiver and consumer, each a process of its own, exactly as in production."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import requests

from localcloud.runtime import supervisor

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).resolve().parent.parent
READY_SECONDS = 30.0
STOP_SECONDS = 12.0


class BotProcess:
    """`python -m bot receiver|consumer` on loopback; it can be killed and started again.

    Its output goes to `log`, or to our standard error when `log` is None.
    """

    def __init__(
        self, role: str, port: int, environment: Mapping[str, str], log: Path | None
    ) -> None:
        self.role = role
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self._port = port
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that holds it; 0 when it does not run."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it; `wait_ready` tells when it answers. It cannot outlive us."""
        serve = ["--host", "127.0.0.1", "--port", str(self._port)]
        command = [sys.executable, "-m", "bot", self.role, *serve]
        with self._output() as output:
            self._process = subprocess.Popen(  # noqa: S603  # our own module, our own arguments
                [sys.executable, "-I", "-S", supervisor.__file__, *command],
                cwd=PROJECT,
                env={
                    "PATH": os.environ.get("PATH", ""),
                    "PYTHONPATH": str(PROJECT),
                    **self._environment,
                },
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Return once `/healthz` answers; raise RuntimeError when it does not."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                break
            try:
                if requests.get(f"{self.url}/healthz", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        where = f"; its output is in {self.log}" if self.log else ""
        what = f"the bot's {self.role} did not become ready{where}"
        raise RuntimeError(what)

    def kill(self) -> None:
        """End it with -9, as a crash would."""
        self._end(b"")

    def stop(self) -> None:
        """Ask it to end; it is killed after ten seconds."""
        self._end(supervisor.STOP)

    def _end(self, word: bytes) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(word)
            process.stdin.flush()
            if word:
                process.wait(STOP_SECONDS)
            process.stdin.close()
        except (BrokenPipeError, subprocess.TimeoutExpired):
            process.stdin.close()
        process.wait()

    def _output(self) -> IO[bytes]:
        if self.log is None:
            return os.fdopen(os.dup(sys.stderr.fileno()), "wb")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        return self.log.open("ab")
