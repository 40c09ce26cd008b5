"""The REST front end: Google's APIs, Storage, the metadata server and the token certificates."""

from __future__ import annotations

import json
import logging
import re
import threading
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from google.protobuf import json_format
from waitress import create_server, wasyncore  # type: ignore[import-untyped]
from werkzeug.wrappers import Request, Response

from localcloud.google.errors import ApiError, Code, refuse
from localcloud.google.rest_requests import decode
from localcloud.google.rest_routes import library_routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.google.protocol import MethodTable, Proto

_LOG = logging.getLogger(__name__)
_THREADS = 24
_CONNECTIONS = 5000
"""Open at once: clients keep theirs for minutes, and waitress answers nobody beyond its limit."""
_JSON = "application/json; charset=UTF-8"

Pages: TypeAlias = "Callable[[Request], Response]"
"""Answers every request under one path prefix."""


def json_response(value: object, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(json.dumps(value), status, content_type=_JSON)


class ApiPages:
    """Carries every method over REST."""

    def __init__(self, methods: MethodTable) -> None:
        self._routes = library_routes(methods)

    def __call__(self, request: Request) -> Response:
        """Answer one call; raises ApiError for what has no route or is refused."""
        path = _path(request)
        for route in self._routes:
            found = route.pattern.fullmatch(path)
            if found and route.verb == request.method:
                return _encode(route.method.call(decode(route, found.groups(), request)), request)
        message = f"No method at {request.method} {request.path} on this local server."
        refuse(message, Code.NOT_FOUND)
        return None


def _path(request: Request) -> str:
    """Return the path with escaped slashes left escaped: they are part of a name."""
    asked = str(request.environ.get("REQUEST_URI", "")).partition("?")[0]
    parts = re.split("(%2[fF])", asked)
    return "".join("%2F" if part.upper() == "%2F" else unquote(part) for part in parts)


def _encode(message: Proto, request: Request) -> Response:
    numbers = "enum-encoding=int" in request.args.get("$alt", "")
    text = json_format.MessageToJson(message, use_integers_for_enums=numbers)
    return Response(text, content_type=_JSON)


class RestServer:
    """Serves pages by path prefix on 127.0.0.1; port 0 takes a free one.

    Raises OSError when the port is taken.
    """

    def __init__(self, pages: Mapping[str, Pages], port: int) -> None:
        self._pages = sorted(pages.items(), key=lambda page: -len(page[0]))
        self._sockets: dict[int, object] = {}
        self.before_response: list[Callable[[WSGIApplication], WSGIApplication]] = []
        self._server = create_server(
            self._serve,
            map=self._sockets,
            host="127.0.0.1",
            port=port,
            threads=_THREADS,
            connection_limit=_CONNECTIONS,
            max_request_body_size=2**33,
            ident=None,
            asyncore_use_poll=True,  # select() ends at 1024 open files, and busy visitors need more
        )
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._server.run, name="rest", daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and wait until the loop has ended; also fine before `start`."""
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._sockets))
        if self._thread.is_alive():
            self._thread.join()
        self._server.task_dispatcher.shutdown()

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app: WSGIApplication = self._answer
        for wrap in self.before_response:
            app = wrap(app)
        return app(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._pages_of(request.path)(request)
        except ApiError as error:
            response = json_response(error.body(), error.code.http)
        except Exception:  # noqa: BLE001  # the caller gets INTERNAL, whatever it was
            _LOG.exception("%s %s failed", request.method, request.path)
            unknown = ApiError(Code.INTERNAL, "Internal error encountered.")
            response = json_response(unknown.body(), unknown.code.http)
        return response(environ, start_response)

    def _pages_of(self, path: str) -> Pages:
        return next(pages for prefix, pages in self._pages if path.startswith(prefix))
