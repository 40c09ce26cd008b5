"""Every boundary of the consumer: each outgoing call and each store write, by a lasting name.

Calls are met where GitHub and Google take them in, writes and smoke visits at the gate. A boundary
is named for how far the deployment is and for what is done; what is done again and again at the
same point, such as looking whether a build has ended, is one boundary, met when it first comes.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from tests.faults.gate import AFTER, BEFORE, Passing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.cloud import Cloud

RECEIVED = frozenset({"comment", "push", "head"})
"""What the receiver publishes; the consumer's own messages are looks."""
WHENEVER = frozenset(
    {"Google Publish", "store Ask(time)", "store Deployment(time)", "store Environment(time)"}
)
"""What the tick and the lease do beside the work, at no particular point of it."""
RESTARTS = 3
PLAIN = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}"), "ID"),
    (re.compile(r"^/(repos/[^/]+/[^/]+|v[12]/projects/[^/]+/locations/[^/]+)/"), ""),
    (re.compile(r"[0-9a-f]{40}"), "SHA"),
    (re.compile(r"(services|operations|revisions)/(?:m-)?([a-z]+)[^/:?]*"), r"\1/\2"),
    (re.compile(r"\b\d+\b"), "N"),
    (re.compile(r"access_tokens|legacy\.tar\.gz/.*"), lambda found: found[0].partition("/")[0]),
)


class Boundaries:
    """Lists the boundaries of one run, or kills the consumer at one of them and starts it again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kill: Callable[[], None] = lambda: None
        self._restart: Callable[[], None] = lambda: None
        self._ready: Callable[[], None] = lambda: None
        self._people: frozenset[str] = frozenset()
        self._armed: tuple[str, str] | None = None
        self._state = ""
        self.met: dict[str, None] = {}
        self.killed = threading.Event()

    def watch(self, cloud: Cloud) -> None:
        """Stand at the doors of GitHub and Google."""
        self._kill, self._restart = cloud.consumer.kill, cloud.consumer.start
        self._ready = cloud.consumer.wait_ready
        self._people = frozenset(f"Bearer {token}" for token in cloud.tokens.values())
        cloud.github.before_response.append(self._around("GitHub"))
        cloud.google.before_response.append(self._around("Google"))
        cloud.google.around_grpc.append(self._around_grpc)

    @contextmanager
    def listening(self, boundary: str = "", when: str = "") -> Iterator[None]:
        """List what is met; kill the consumer just before or after a boundary, if one is named."""
        with self._lock:
            self.met, self._state = {}, ""
            self.killed.clear()
            self._armed = (boundary, when)
        try:
            yield
        finally:
            with self._lock:
                self._armed = None

    def meet(self, passing: Passing) -> None:
        """Let a passing through, or kill whoever passes."""
        with self._lock:
            if self._armed is None:
                return
            state = "whenever" if passing.what in WHENEVER else self._state or "asking"
            name = f"{state}: {passing.what}"
            if passing.when == BEFORE:
                self.met.setdefault(name)
            wanted = not self.killed.is_set() and (name, passing.when) == self._armed
            if passing.when == AFTER and passing.state:
                self._state = passing.state
            if wanted:
                self._kill()
                self.killed.set()
                threading.Thread(target=self._begin_again).start()

    def _begin_again(self) -> None:
        """Start the consumer until it is there, as its platform does."""
        for _ in range(RESTARTS):
            self._restart()
            try:
                self._ready()
            except RuntimeError:
                continue
            return

    def _around(self, side: str) -> Callable[[WSGIApplication], WSGIApplication]:
        def wrap(app: WSGIApplication) -> WSGIApplication:
            def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
                what = self._called(side, environ)
                if what is None:
                    return app(environ, start)
                return self._answered(what, app, (environ, start))

            return answer

        return wrap

    def _answered(
        self, what: str, app: WSGIApplication, call: tuple[WSGIEnvironment, StartResponse]
    ) -> Iterable[bytes]:
        environ, start = call
        if self._died(what, BEFORE):
            start("503 Service Unavailable", [("Content-Length", "0")])
            return []
        answer = list(app(environ, start))
        self._died(what, AFTER)
        return answer

    def _died(self, what: str, when: str) -> bool:
        before = self.killed.is_set()
        self.meet(Passing(what, when))
        return self.killed.is_set() and not before

    def _called(self, side: str, environ: WSGIEnvironment) -> str | None:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        by_people = environ.get("HTTP_AUTHORIZATION", "") in self._people
        if self._armed is None or by_people or path.endswith(".git") or ".git/" in path:
            return None
        return f"{side} {method} {plain(path)}"

    def _around_grpc(self, name: str, request: Any, work: Callable[[], Any]) -> Any:  # noqa: ANN401  # any message
        what = f"Google {name.rpartition('/')[2]}"
        if name.endswith("/Publish") and _is_received(request.messages[0].data):
            return work()
        self._died(what, BEFORE)
        answer = work()
        self._died(what, AFTER)
        return answer


def plain(path: str) -> str:
    """Return a path without what differs from run to run."""
    said = unquote(path)
    for pattern, instead in PLAIN:
        said = pattern.sub(instead, said)
    return said


def _is_received(data: bytes) -> bool:
    return msgspec.json.decode(data).get("type") in RECEIVED
