"""Faults at the doors of GitHub and Google: calls that fail, or that stand still for a while."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from werkzeug.test import run_wsgi_app

from localcloud.google.errors import Code, refuse
from localcloud.google.metric_windows import MetricWindows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.cloud import Cloud
    from localcloud.google.metric_windows import Window
    from tests.stories.people import Pull

PATIENCE = 60.0
QUERIES = "/graphql"
"""Where what is posted makes nothing."""


class Standstill:
    """The first call named `call` whose request holds all `parts` waits before it is worked on.

    A method of Google's is named like `UpdateService`, one of GitHub's like `POST /repos/…/issues`.
    """

    def __init__(self, call: str, *parts: str) -> None:
        self._call = call
        self._parts = parts
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
        meant = self._call == what and all(part in said for part in self._parts)
        if meant and not self._arrived.is_set():
            self._arrived.set()
            self._let_go.wait(PATIENCE)


def glance(pull: Pull) -> tuple[str, str, str]:
    """Return the call with which the bot looks at a pull request for a command on it."""
    name = pull.repository.full_name.partition("/")[2]
    return "POST /graphql", f'"{name}"', f'"number": {pull.number},'


@contextmanager
def standing_still(cloud: Cloud, *calls: tuple[str, ...]) -> Iterator[list[Standstill]]:
    """Hold one of the bot's calls to Google or GitHub for each that is described."""
    held = [Standstill(*call) for call in calls]
    people = people_of(cloud)

    def to_google(name: str, request: Any) -> None:  # noqa: ANN401  # any protobuf message
        for one in held:
            one.meet(name.rpartition("/")[2], str(request))

    def to_github(app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            said = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(said)
            if environ.get("HTTP_AUTHORIZATION", "") not in people:
                for one in held:
                    one.meet(
                        f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
                        said.decode(errors="replace"),
                    )
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
def counted(cloud: Cloud, method: str, part: str) -> Iterator[list[str]]:
    """Yield the requests of a method of Google's that hold this part, as they come in."""
    seen: list[str] = []

    def count(name: str, request: Any) -> None:  # noqa: ANN401  # any protobuf message
        if name.endswith(f"/{method}") and part in str(request):
            seen.append(str(request))

    cloud.google.before_call.append(count)
    try:
        yield seen
    finally:
        cloud.google.before_call.remove(count)


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
def miscounted(service: str) -> Iterator[None]:
    """Have Cloud Monitoring tell of fewer requests than none to a service."""
    true = MetricWindows.visible

    def visible(windows: MetricWindows, start: float, end: float) -> Iterator[Window]:
        for window in true(windows, start, end):
            if ("service_name", service) in window.key.resource:
                window.sample.count = -window.sample.count
            yield window

    with patch.object(MetricWindows, "visible", visible):
        yield


@contextmanager
def github_down(cloud: Cloud) -> Iterator[list[str]]:
    """Answer the bot's every call to GitHub with 502; yield what was called."""

    with _bad_gateway(cloud, lambda _app, _environ: True) as called:
        yield called


@contextmanager
def answers_lost(cloud: Cloud) -> Iterator[list[str]]:
    """Have GitHub do each thing that the bot makes there, and lose the first answer to it.

    Yields the paths of which an answer was lost.
    """
    lost: set[str] = set()

    def lose(app: WSGIApplication, environ: WSGIEnvironment) -> bool:
        path = environ["PATH_INFO"]
        makes = environ["REQUEST_METHOD"] == "POST" and path != QUERIES
        if not makes or path in lost or "access_tokens" in path:
            return False
        lost.add(path)
        run_wsgi_app(app, environ, buffered=True)
        return True

    with _bad_gateway(cloud, lose) as called:
        yield called


@contextmanager
def _bad_gateway(
    cloud: Cloud, is_lost: Callable[[WSGIApplication, WSGIEnvironment], bool]
) -> Iterator[list[str]]:
    """Answer with 502 where `is_lost`; people, who come with a token of theirs, notice nothing."""
    called: list[str] = []
    people = people_of(cloud)

    def bad_gateway(app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            ours = environ.get("HTTP_AUTHORIZATION", "") not in people and _is_api(environ)
            if not ours or not is_lost(app, environ):
                return app(environ, start_response)
            called.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            start_response("502 Bad Gateway", [("Content-Type", "text/html")])
            return [b"<html><body>502 Bad Gateway</body></html>"]

        return answer

    cloud.github.before_response.append(bad_gateway)
    try:
        yield called
    finally:
        cloud.github.before_response.remove(bad_gateway)


def people_of(cloud: Cloud) -> set[str]:
    """How people, who are no App, authorize their calls to GitHub."""
    return {f"Bearer {token}" for token in cloud.tokens.values()}


def _is_api(environ: WSGIEnvironment) -> bool:
    return environ["PATH_INFO"].startswith(("/repos/", "/repositories/", "/app", QUERIES))


@contextmanager
def answered_as(cloud: Cloud, call: str, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """Change GitHub's answers to one call of the bot's, such as `POST /repos/…/deployments`."""

    def meddle(app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}" != call:
                return app(environ, start_response)
            chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
            body = change(b"".join(chunks))
            headers["Content-Length"] = str(len(body))
            start_response(status, list(headers))
            return [body]

        return answer

    cloud.github.before_response.append(meddle)
    try:
        yield
    finally:
        cloud.github.before_response.remove(meddle)
