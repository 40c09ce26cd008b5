"""Faults at the doors of GitHub and Google: calls that fail, or that stand still for a while."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.test import run_wsgi_app

from localcloud.google.errors import Code, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.cloud import Cloud

PATIENCE = 60.0


class Standstill:
    """The first call named `call` whose request holds `part` waits before it is worked on.

    A method of Google's is named like `UpdateService`, one of GitHub's like `POST /repos/…/issues`.
    """

    def __init__(self, call: str, part: str) -> None:
        self._call = call
        self._part = part
        self._arrived = threading.Event()
        self._let_go = threading.Event()

    def wait_until_arrived(self) -> None:
        """Return once the call is there."""
        assert self._arrived.wait(PATIENCE), "the call never came"

    def let_go(self) -> None:
        """Let the call be worked on, whether or not anybody still waits for the answer."""
        self._let_go.set()

    def meet(self, what: str, said: str) -> None:
        """Hold this call when it is the one."""
        meant = self._call == what and self._part in said
        if meant and not self._arrived.is_set():
            self._arrived.set()
            self._let_go.wait(PATIENCE)


@contextmanager
def standing_still(cloud: Cloud, *calls: tuple[str, str]) -> Iterator[list[Standstill]]:
    """Hold one call to Google or GitHub for each that is described."""
    held = [Standstill(call, part) for call, part in calls]

    def to_google(name: str, request: Any) -> None:  # noqa: ANN401  # any protobuf message
        for one in held:
            one.meet(name.rpartition("/")[2], str(request))

    def to_github(app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            for one in held:
                one.meet(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", "")
            return app(environ, start_response)

        return answer

    cloud.google.before_call.append(to_google)
    cloud.github.before_response.append(to_github)
    try:
        yield held
    finally:
        cloud.google.before_call.remove(to_google)
        cloud.github.before_response.remove(to_github)
        for one in held:
            one.let_go()


@contextmanager
def google_down(cloud: Cloud, service: str) -> Iterator[None]:
    """Let every call to one of Google's services fail with UNAVAILABLE."""

    def refused(name: str, _request: object) -> None:
        if name.startswith(f"/{service}/"):
            refuse("The service is currently unavailable.", Code.UNAVAILABLE)

    cloud.google.before_call.append(refused)
    try:
        yield
    finally:
        cloud.google.before_call.remove(refused)


@contextmanager
def github_down(cloud: Cloud) -> Iterator[list[str]]:
    """Let the bot's every call to GitHub fail with 502, half of them after the work was done.

    Yields what was called. People, who come with a user's token, notice nothing.
    """
    called: list[str] = []
    people = {f"Bearer {token}" for token in cloud.tokens.values()}

    def bad_gateway(app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ.get("HTTP_AUTHORIZATION", "") in people or not _is_api(environ):
                return app(environ, start_response)
            called.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            if len(called) % 2:
                run_wsgi_app(app, environ, buffered=True)
            start_response("502 Bad Gateway", [("Content-Type", "text/html")])
            return [b"<html><body>502 Bad Gateway</body></html>"]

        return answer

    cloud.github.before_response.append(bad_gateway)
    try:
        yield called
    finally:
        cloud.github.before_response.remove(bad_gateway)


def _is_api(environ: WSGIEnvironment) -> bool:
    return environ["PATH_INFO"].startswith(("/repos/", "/repositories/", "/app"))
