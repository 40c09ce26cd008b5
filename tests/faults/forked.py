"""A consumer that is there a moment after it was killed: see `tests/faults/launcher.py`."""

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


class ForkedConsumer(BotProcess):
    """The bot's consumer in quick time, killed with -9 and started again within milliseconds."""

    def __init__(
        self, role: str, port: int, environment: Mapping[str, str], log: Path | None
    ) -> None:
        super().__init__(role, port, environment, log)
        self._told = environment
        self._door = port
        self._launcher: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self.child = 0

    def start(self) -> None:
        """Start it; a consumer that still runs is killed first."""
        with self._lock:
            self._launcher = self._launcher or self._launched()
            self._say("start")

    def kill(self) -> None:
        """End it with -9; returns once it is dead."""
        with self._lock:
            self._say("kill")

    def stop(self) -> None:
        """End it and whatever starts it."""
        with self._lock:
            launcher, self._launcher = self._launcher, None
        if launcher is not None and launcher.stdin is not None:
            launcher.stdin.close()
            launcher.wait()
            if launcher.stdout is not None:
                launcher.stdout.close()

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
            if self.child:
                os.kill(self.child, signal.SIGUSR1)

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
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
                text=True,
            )

    def _say(self, word: str) -> None:
        launcher = self._launcher
        if launcher is None or launcher.stdin is None or launcher.stdout is None:
            return
        launcher.stdin.write(f"{word}\n")
        launcher.stdin.flush()
        self.child = int(launcher.stdout.readline())


def bot_with(gate: Mapping[str, str]) -> Callable[..., BotProcess]:
    """Return what makes the bot's two processes, the consumer knowing where the gate is."""

    def make(role: str, port: int, environment: Mapping[str, str], log: Path | None) -> BotProcess:
        if role == "receiver":
            return BotProcess(role, port, environment, log)
        return ForkedConsumer(role, port, ChainMap({**gate}, environment), log)

    return make
