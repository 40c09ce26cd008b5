"""Runs revisions as processes: started, probed, restarted when they crash, drained and stopped."""

from __future__ import annotations

import hashlib
import shutil
import socket
import time
from collections import defaultdict, deque
from threading import Event, Lock, Thread
from typing import IO, TYPE_CHECKING

from localcloud.runtime.container import Container, container_of
from localcloud.runtime.interface import BuildFailed, BuildOptions, StartFailed
from localcloud.runtime.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.runtime.dependencies import Dependencies
    from localcloud.runtime.images import LocalImages
    from localcloud.runtime.in_flight import InFlight
    from localcloud.runtime.interface import RevisionSpec, Telemetry
    from localcloud.runtime.supervised import Supervised

_LOOK_EVERY_SECONDS = 0.02
_DRAIN_SECONDS = 10.0
_FIRST_RESTART_SECONDS, _LONGEST_RESTART_SECONDS = 1.0, 30.0
_LAST_LINES = 20
_LONGEST_LINE = 16 * 1024
_NOT_LISTENING = (
    "The user-provided container failed to start and listen on the port defined provided by the "
    "PORT={port} environment variable within the allocated timeout. This can happen when the "
    "container port is misconfigured or if the timeout is too short. The health check timeout can "
    "be extended. Logs for this revision might contain more information."
)  # https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start


class LocalRevisions:
    """The `Revisions` of this laptop; each has its folder below `root` while it runs."""

    def __init__(
        self, root: Path, images: LocalImages, dependencies: Dependencies, in_flight: InFlight
    ) -> None:
        self._root = root
        self._images = images
        self._dependencies = dependencies
        self._in_flight = in_flight
        self._running: dict[str, Process] = {}
        self._starting: dict[str, Process] = {}
        self._one_at_a_time: defaultdict[str, Lock] = defaultdict(Lock)
        self._telemetry: Telemetry | None = None
        shutil.rmtree(root, ignore_errors=True)

    def report_to(self, telemetry: Telemetry) -> None:
        """Tell where output lines go."""
        self._telemetry = telemetry

    def port(self, revision: str) -> int | None:
        """Give the loopback port on which the revision listens; None when it does not run."""
        process = self._running.get(revision)
        return process.port if process else None

    def start(self, spec: RevisionSpec) -> None:
        """Block until the revision listens; a running one is left alone. Raises StartFailed."""
        with self._one_at_a_time[spec.revision]:
            if spec.revision in self._running:
                return
            process = Process(spec, self._container(spec), self._telemetry)
            self._starting[spec.revision] = process
            try:
                process.start()
                self._running[spec.revision] = process
            except StartFailed:
                shutil.rmtree(self._tree(spec.revision), ignore_errors=True)
                raise
            finally:
                del self._starting[spec.revision]

    def stop(self, revision: str) -> None:
        """End the revision after its requests; one that does not run is left alone."""
        with self._one_at_a_time[revision]:
            process = self._running.get(revision)
            if process is None:
                return
            self._in_flight.drained(revision, _DRAIN_SECONDS)
            del self._running[revision]
            process.stop()
            shutil.rmtree(self._tree(revision), ignore_errors=True)

    def stop_all(self) -> None:
        """End every revision, all at the same time; one that is just starting fails to."""
        for process in list(self._starting.values()):
            process.give_up()
        ending = [Thread(target=self.stop, args=(revision,)) for revision in list(self._running)]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def _container(self, spec: RevisionSpec) -> Container:
        tree = self._tree(spec.revision)
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        deadline = time.monotonic() + spec.startup_timeout
        options = BuildOptions({}, {}, lambda line: self._line(spec, line), deadline)
        try:
            image = self._images.lay_out(spec.digest, tree)
            prepared = self._dependencies.prepare(image.base, image.installs, tree, options)
        except FileNotFoundError:
            reason = f"Image '{spec.digest}' not found."
            raise StartFailed(reason, "CONTAINER_MISSING") from None
        except BuildFailed as trouble:
            raise StartFailed(str(trouble)) from trouble
        prepared.link_into(tree)
        return container_of(image, prepared, spec, tree)

    def _tree(self, revision: str) -> Path:
        name = revision.rpartition("/")[2][:40]
        return self._root / f"{name}-{hashlib.sha256(revision.encode()).hexdigest()[:12]}"

    def _line(self, spec: RevisionSpec, text: str) -> None:
        if self._telemetry:
            self._telemetry.line(spec.service, spec.revision, "stderr", text, time.time())


class Process:
    """One running revision: its port stays the same when a crash makes a new process."""

    def __init__(
        self, spec: RevisionSpec, container: Container, telemetry: Telemetry | None
    ) -> None:
        self.port = free_port()
        self._spec = spec
        self._telemetry = telemetry
        self._container = container
        self._container.env["PORT"] = str(self.port)
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
        self._watch.join()

    def give_up(self) -> None:
        """SIGKILL, for one that is still starting."""
        self._running.kill()

    def _launch(self) -> Supervised:
        running = self._container.start()
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
        ended = [] if code is None else [f"Container called exit({code})."]
        last = ["Last output:", *self._last] if self._last else []
        return "\n".join([_NOT_LISTENING.format(port=self._spec.port), *ended, *last])

    def _restart_after_crashes(self) -> None:
        pause = _FIRST_RESTART_SECONDS
        while True:
            code = self._running.wait()
            if not self._stopping.is_set():
                self._tell("stderr", f"Container called exit({code}).")
            self._stopping.wait(pause)
            with self._replacing:
                if self._stopping.is_set():
                    return
                self._running = self._launch()
            pause = min(pause * 2, _LONGEST_RESTART_SECONDS)

    def _read(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            while raw := stream.readline(_LONGEST_LINE):
                self._tell(name, raw.decode(errors="replace").rstrip("\r\n"))

    def _tell(self, stream: str, text: str) -> None:
        self._last.append(text)
        if self._telemetry:
            self._telemetry.line(self._spec.service, self._spec.revision, stream, text, time.time())
