"""One `docker build` on the engine: its output line by line, its end when nobody wants it more."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import docker
from docker.errors import DockerException
from urllib3.exceptions import HTTPError

from localcloud.containers.engine import API
from localcloud.runtime.interface import BuildFailed
from localcloud.runtime.tools import still_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import requests

    from localcloud.containers.engine import Engine
    from localcloud.runtime.interface import BuildOptions

OURS = "local.spillway.built"
"""The label of every image that is built here."""
_LOOK_EVERY_SECONDS = 0.1
_LAST_LINES = 15


class Building:
    """Has a connection of its own: hanging up is how the engine learns that a build is over."""

    def __init__(self, engine: Engine, options: BuildOptions) -> None:
        self._options = options
        self._api = docker.APIClient(engine.address, version=API, timeout=None)
        self._api.hooks["response"].append(self._answered)
        self._answer: requests.Response | None = None
        self._ended = Event()
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    def run(self, context: Path, dockerfile: Path, name: str) -> None:
        """Build an image of this name. Raises BuildFailed."""
        guard = Thread(target=self._guard)
        guard.start()
        try:
            self._read(
                self._api.build(
                    tag=name,
                    path=str(context),
                    dockerfile=str(dockerfile),
                    buildargs=dict(self._options.args),
                    labels={**self._options.labels, OURS: "yes"},
                    network_mode="host",
                    rm=True,
                    forcerm=True,
                    decode=True,
                )
            )
        except (DockerException, HTTPError, OSError, ValueError, TypeError) as trouble:
            still_wanted(self._options)
            raise BuildFailed(str(trouble)) from trouble
        finally:
            self._ended.set()
            guard.join()
            if self._answer is not None:
                self._answer.close()
            self._api.close()
        still_wanted(self._options)

    def _answered(self, answer: requests.Response, *_: object, **__: object) -> None:
        self._answer = answer

    def _read(self, lines: Iterable[dict[str, Any]]) -> None:
        image = ""
        for line in lines:
            if "error" in line:
                raise BuildFailed("\n".join([*self._last, str(line["error"]).strip()]))
            for text in str(line.get("stream", "")).splitlines():
                self._last.append(text)
                self._options.log(text)
            image = line.get("aux", {}).get("ID", image)
        if not image:
            raise BuildFailed("\n".join([*self._last, "the engine ended the build early"]))

    def _guard(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            try:
                still_wanted(self._options)
            except BuildFailed:
                self._hang_up()
                return

    def _hang_up(self) -> None:
        connection = getattr(self._answer and self._answer.raw, "connection", None)
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
