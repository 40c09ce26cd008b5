"""A consumer that is there a moment after it was killed, because the next one stands by already."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import ChainMap
from typing import TYPE_CHECKING

import requests

from localcloud.bot_process import PROJECT, BotProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

READY_SECONDS = 12.0


class StandbyConsumer(BotProcess):
    """The bot's consumer in quick time (`tests/faults/launcher.py`), killed with -9."""

    def __init__(
        self, role: str, port: int, environment: Mapping[str, str], log: Path | None
    ) -> None:
        super().__init__(role, port, environment, log)
        self._told = environment
        self._door = port
        self._running: subprocess.Popen[str] | None = None
        self._next: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start it; a consumer that still runs is killed first."""
        with self._lock:
            _end(self._running)
            self._running, self._next = self._next or self._launched(), None
            if self._running.stdin is not None:
                self._running.stdin.write("serve\n")
                self._running.stdin.flush()
            self._next = self._launched()

    def kill(self) -> None:
        """End it with -9; returns once it is dead."""
        with self._lock:
            _end(self._running)
            self._running = None

    def stop(self) -> None:
        """End it, and the one that stands by."""
        with self._lock:
            _end(self._running)
            _end(self._next)
            self._running = self._next = None

    def wait_ready(self) -> None:
        """Return once `/healthz` answers; raise RuntimeError when it does not."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/healthz", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.02)
        what = f"the consumer did not become ready; its output is in {self.log}"
        raise RuntimeError(what)

    def tell_where_it_stands(self) -> None:
        """Have it write what each of its threads does into its log."""
        with self._lock:
            if self._running is not None and self._running.poll() is None:
                os.kill(self._running.pid, signal.SIGUSR1)

    def _launched(self) -> subprocess.Popen[str]:
        with self._output() as output:
            return subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-m", "tests.faults.launcher", str(self._door)],
                cwd=PROJECT,
                env={
                    "PATH": os.environ.get("PATH", ""),
                    "PYTHONPATH": str(PROJECT),
                    **self._told,
                },
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )


def _end(process: subprocess.Popen[str] | None) -> None:
    if process is not None:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def bot_with(gate: Mapping[str, str]) -> Callable[..., BotProcess]:
    """Return what makes the bot's two processes, the consumer knowing where the gate is."""

    def make(role: str, port: int, environment: Mapping[str, str], log: Path | None) -> BotProcess:
        if role == "receiver":
            return BotProcess(role, port, environment, log)
        return StandbyConsumer(role, port, ChainMap({**gate}, environment), log)

    return make
