"""One instance of a revision: probed until it listens, restarted when it crashes, stopped."""

from __future__ import annotations

import socket
import time
from collections import deque
from threading import Event, Lock, Thread
from typing import IO, TYPE_CHECKING

from localcloud.runtime.interface import StartFailed
from localcloud.runtime.ports import release, reserve

if TYPE_CHECKING:
    from localcloud.runtime.interface import RevisionSpec, Telemetry
    from localcloud.runtime.running import Launcher, Running

_LOOK_EVERY_SECONDS = 0.02
_FIRST_RESTART_SECONDS, _LONGEST_RESTART_SECONDS = 1.0, 30.0
_LAST_LINES = 20
_LONGEST_LINE = 16 * 1024
_NOT_LISTENING = (
    "The user-provided container failed to start and listen on the port defined provided by the "
    "PORT={port} environment variable within the allocated timeout. This can happen when the "
    "container port is misconfigured or if the timeout is too short. The health check timeout can "
    "be extended. Logs for this revision might contain more information."
)  # https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start


class Instance:
    """One running instance: its port stays the same when a crash makes it start anew."""

    def __init__(self, spec: RevisionSpec, launcher: Launcher, telemetry: Telemetry | None) -> None:
        self.port = reserve()
        self._spec = spec
        self._telemetry = telemetry
        self._launcher = launcher
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._stopping = Event()
        self._replacing = Lock()
        self._readers: list[Thread] = []
        self._running = self._launch()
        self._watch = Thread(target=self._restart_after_crashes, daemon=True)

    def start(self) -> None:
        """Wait until it listens, as Cloud Run's default TCP probe does. Raises StartFailed."""
        deadline = time.monotonic() + self._spec.startup_timeout
        while not self._listens():
            code = self._running.exit_code
            if code is not None or time.monotonic() > deadline:
                raise StartFailed(self._why(code))
            time.sleep(_LOOK_EVERY_SECONDS)
        self._watch.start()

    def stop(self) -> None:
        """SIGTERM, SIGKILL ten seconds later; returns when it has ended."""
        with self._replacing:
            self._stopping.set()
            self._running.ask_to_stop()
        if self._watch.is_alive():
            self._watch.join()
        self._running.wait()
        release(self.port)

    def give_up(self) -> None:
        """SIGKILL, for one that is still starting."""
        self._running.kill()

    def _launch(self) -> Running:
        running = self._launcher.start(self.port)
        streams = (("stdout", running.stdout), ("stderr", running.stderr))
        self._readers = [Thread(target=self._read, args=one, daemon=True) for one in streams]
        for reader in self._readers:
            reader.start()
        return running

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self._running.exit_code is None
        except OSError:
            return False

    def _why(self, code: int | None) -> str:
        """Say it in Cloud Run's words, with its exit code if it ended by itself, and last lines."""
        self._running.kill()
        self._running.wait()
        for reader in self._readers:
            reader.join(timeout=1)
        ended = [] if code is None else [self._launcher.ending(code)]
        last = ["Last output:", *self._last] if self._last else []
        return "\n".join([_NOT_LISTENING.format(port=self._spec.port), *ended, *last])

    def _restart_after_crashes(self) -> None:
        pause = _FIRST_RESTART_SECONDS
        while True:
            code = self._running.wait()
            if not self._stopping.is_set():
                self._tell("stderr", self._launcher.ending(code))
            self._stopping.wait(pause)
            with self._replacing:
                if self._stopping.is_set():
                    return
                self._relaunch()
            pause = min(pause * 2, _LONGEST_RESTART_SECONDS)

    def _relaunch(self) -> None:
        try:
            self._running = self._launch()
        except StartFailed as failure:
            self._tell("stderr", failure.message)

    def _read(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            while raw := stream.readline(_LONGEST_LINE):
                self._tell(name, raw.decode(errors="replace").rstrip("\r\n"))

    def _tell(self, stream: str, text: str) -> None:
        self._last.append(text)
        if self._telemetry:
            self._telemetry.line(self._spec.service, self._spec.revision, stream, text, time.time())
