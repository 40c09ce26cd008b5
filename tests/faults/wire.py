"""Faults on the wire, each met once by every route of the bot's: what answers, and when.

They stand where GitHub and Google take calls in, so the bot's clients meet real answers, late
ones, and connections that end in the middle of one.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlunsplit

from werkzeug.test import run_wsgi_app

from localcloud.google.errors import Code, refuse
from tests.faults.boundaries import plain
from tests.stories.faults import people_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.cloud import Cloud

BROKEN_OFF = 0
TOKENS = "access_tokens"


@dataclass(frozen=True)
class Fault:
    """An answer that is none of the server's: its status, 0 for a connection that breaks off."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    """Whether the work is done all the same."""
    seconds: float = 0.0
    """How long the call stands still before."""


class Wire:
    """Lets a fault meet the first call of each route, or every call while it is `lasting`."""

    def __init__(self, cloud: Cloud, fault: Fault, *, lasting: bool = False) -> None:
        self._people = people_of(cloud)
        self._fault = fault
        self._lasting = lasting
        self._lock = threading.Lock()
        self.met: list[str] = []
        """Every call that met the fault."""

    def around(self, side: str) -> Callable[[WSGIApplication], WSGIApplication]:
        """Stand at a REST door."""

        def wrap(app: WSGIApplication) -> WSGIApplication:
            def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
                if not self._is_meant(side, environ):
                    return app(environ, start)
                return self._faulty(app, environ, start)

            return answer

        return wrap

    def around_grpc(self, name: str, _request: Any, work: Callable[[], Any]) -> Any:  # noqa: ANN401  # any message
        """Stand at Google's gRPC door, where a lost connection is UNAVAILABLE."""
        if not self._meets(f"Google {name}"):
            return work()
        time.sleep(self._fault.seconds)
        if self._fault.done:
            work()
        code = Code.RESOURCE_EXHAUSTED if self._fault.status == 429 else Code.UNAVAILABLE
        return refuse("The service is currently unavailable.", code)

    def _is_meant(self, side: str, environ: WSGIEnvironment) -> bool:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if environ.get("HTTP_AUTHORIZATION", "") in self._people or ".git" in path:
            return False
        if path.startswith(("/oauth2", "/computeMetadata")) or path == "/":
            return False
        return self._meets(f"{side} {method} {plain(path)}")

    def _meets(self, call: str) -> bool:
        with self._lock:
            meets = self._lasting or call not in self.met
            if meets:
                self.met.append(call)
            return meets

    def _faulty(
        self, app: WSGIApplication, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        time.sleep(self._fault.seconds)
        answer = run_wsgi_app(app, environ, buffered=True)[0] if self._fault.done else ()
        if self._fault.status == BROKEN_OFF:
            return _broken_off(start, b"".join(answer))
        body = b'{"message": "Not now"}'
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        here = urlunsplit(("", "", environ["PATH_INFO"], environ.get("QUERY_STRING", ""), ""))
        named = {k: v.format(here=here) for k, v in self._fault.headers.items()}
        start(f"{self._fault.status} Not now", list((headers | named).items()))
        return [body]


def _broken_off(start: StartResponse, body: bytes) -> Iterator[bytes]:
    """Promise more than the answer, and give half of it."""
    promised = str(len(body) + 1000)
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", promised)])
    yield body[: len(body) // 2]
    message = "the connection breaks off here"
    raise ConnectionResetError(message)


@contextmanager
def github_with(cloud: Cloud, fault: Fault, *, lasting: bool = False) -> Iterator[Wire]:
    """Let the fault meet the bot's calls to GitHub."""
    wire = Wire(cloud, fault, lasting=lasting)
    around = wire.around("GitHub")
    cloud.github.before_response.append(around)
    try:
        yield wire
    finally:
        cloud.github.before_response.remove(around)


@contextmanager
def google_with(cloud: Cloud, fault: Fault, *, lasting: bool = False) -> Iterator[Wire]:
    """Let the fault meet the bot's calls to Google."""
    wire = Wire(cloud, fault, lasting=lasting)
    around = wire.around("Google")
    cloud.google.before_response.append(around)
    cloud.google.around_grpc.append(wire.around_grpc)
    try:
        yield wire
    finally:
        cloud.google.before_response.remove(around)
        cloud.google.around_grpc.remove(wire.around_grpc)
