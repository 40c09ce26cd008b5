"""One container while it runs, as `runtime.running.Running` describes a started command."""

from __future__ import annotations

import os
from threading import Thread
from typing import IO, TYPE_CHECKING

from docker.errors import DockerException
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from docker import APIClient
    from docker.types import CancellableStream

GRACE_SECONDS = 10  # https://cloud.google.com/run/docs/container-contract#lifecycle-shutdown
_LOST = 255


class EngineContainer:
    """Starts a created container; it is removed when it has ended."""

    def __init__(self, api: APIClient, container: str) -> None:
        self._api = api
        self._id = container
        self._code: int | None = None
        self._pipes = [os.pipe() for _ in ("stdout", "stderr")]
        self.stdout: IO[bytes] = os.fdopen(self._pipes[0][0], "rb")
        self.stderr: IO[bytes] = os.fdopen(self._pipes[1][0], "rb")
        output = api.attach(container, stream=True, demux=True, logs=True)
        api.start(container)
        self._reader = Thread(target=self._read, args=(output,), daemon=True)
        self._waiter = Thread(target=self._wait, daemon=True)
        for thread in (self._reader, self._waiter):
            thread.start()

    @property
    def exit_code(self) -> int | None:
        """The exit code once it has ended, 128 + N after signal N."""
        return self._code

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and SIGKILL after ten seconds; returns at once."""
        Thread(target=self._stop, daemon=True).start()

    def kill(self) -> None:
        """Send SIGKILL; one that has ended is left alone."""
        if self._code is None:
            _ignoring_the_end(self._api.kill, self._id)

    def wait(self) -> int:
        """Block until it has ended; gives its exit code."""
        self._waiter.join()
        return _LOST if self._code is None else self._code

    def _stop(self) -> None:
        _ignoring_the_end(self._api.stop, self._id, GRACE_SECONDS)

    def _wait(self) -> None:
        try:
            code = int(self._api.wait(self._id)["StatusCode"])
        except (DockerException, HTTPError, OSError):
            code = _LOST
        self._reader.join()
        _ignoring_the_end(self._api.remove_container, self._id)
        self._code = code

    def _read(self, output: CancellableStream) -> None:
        try:
            for pieces in output:
                for (_, into), piece in zip(self._pipes, pieces, strict=True):
                    if piece:
                        _write(into, piece)
        except (DockerException, HTTPError, OSError):
            return
        finally:
            output.close()
            for _, into in self._pipes:
                os.close(into)


def _write(into: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(into, piece) :]


def _ignoring_the_end(call: object, *arguments: object) -> None:
    """Ask the engine for something about a container that may have ended meanwhile."""
    try:
        call(*arguments)  # type: ignore[operator]  # docker's client has no types
    except (DockerException, HTTPError, OSError):
        return
