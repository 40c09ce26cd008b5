"""The front end: one loopback address per service and per tag, requests split exactly by weight."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from threading import Lock
from typing import TYPE_CHECKING

from aiohttp import web

from localcloud.runtime.forward import Forwarder, Target
from localcloud.runtime.loop_thread import LoopThread
from localcloud.runtime.ports import PortBook
from localcloud.runtime.split import Split

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.runtime.interface import ServiceRoutes, Telemetry

_CLOSE_SECONDS = 5.0
_BACKLOG = 1024
"""Connections that wait while this machine is busy; beyond it the kernel drops them unseen."""


class LocalTraffic:
    """The `Traffic` of this laptop, in a thread and event loop of its own.

    `ports` is the file that remembers addresses; `verify` judges a token for an audience.
    """

    def __init__(
        self, ports: Path, verify: Callable[[str, str], bool], forwarder: Forwarder
    ) -> None:
        self._book = PortBook(ports)
        self._verify = verify
        self._forwarder = forwarder
        self._ports: dict[tuple[str, str], int] = {}
        self._owners: dict[int, tuple[str, str]] = {}
        self._routes: dict[str, ServiceRoutes] = {}
        self._splits: dict[str, Split] = {}
        self._waiting: list[socket.socket] = []
        self._opening = Lock()
        self._choosing = Lock()
        """Once routes are replaced, whoever was sent by the old ones has claimed its revision."""
        self._loop = LoopThread("traffic")
        self._runner: web.AppRunner | None = None

    def start(self, telemetry: Telemetry) -> None:
        """Serve every address, those to come too; `telemetry` hears of every request."""
        self._loop.start()
        with self._opening:
            self._runner = self._loop.run(self._set_up(telemetry))
            for server in self._waiting:
                self._loop.run(self._serve(server))

    def stop(self) -> None:
        """Serve no more; requests on their way get a few seconds."""
        runner, self._runner = self._runner, None
        if runner:
            self._loop.run(runner.cleanup())
            self._loop.run(self._forwarder.close())
            self._loop.stop()

    def route(self, service: str, routes: ServiceRoutes) -> None:
        """Replace the service's routes as a whole."""
        for tag in ("", *routes.tags):
            self.url(service, tag)
        with self._choosing:
            known = self._splits.get(service)
            if known is None or known.weights != routes.weights:
                self._splits[service] = Split(routes.weights)
            self._routes[service] = routes

    def url(self, service: str, tag: str = "") -> str:
        """Return `http://127.0.0.1:PORT`, the same over restarts, whether or not routed yet."""
        with self._opening:
            if (service, tag) not in self._ports:
                self._open(service, tag)
            return self._url_of(service, tag)

    def _open(self, service: str, tag: str) -> None:
        server = self._book.listen(f"{service}#{tag}")
        port = int(server.getsockname()[1])
        self._ports[service, tag] = port
        self._owners[port] = service, tag
        if self._runner:
            self._loop.run(self._serve(server))
        else:
            self._waiting.append(server)

    def _url_of(self, service: str, tag: str) -> str:
        return f"http://127.0.0.1:{self._ports[service, tag]}"

    async def _set_up(self, telemetry: Telemetry) -> web.AppRunner:
        await self._forwarder.open(telemetry)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        await runner.setup()
        return runner

    async def _serve(self, server: socket.socket) -> None:
        if self._runner:
            await web.SockSite(self._runner, server, backlog=_BACKLOG).start()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        service, tag = self._called(request)
        routes = self._routes.get(service)
        if routes is None or not (tag in routes.tags if tag else routes.weights):
            return web.Response(status=404, text="Error: Page not found\n")
        if not request.raw_path.startswith("/"):
            return web.Response(status=400, text="Error: the path begins with a slash\n")
        if not routes.public and (denial := await self._denied(request, service, tag)):
            return denial
        with ExitStack() as claimed:
            with self._choosing:
                revision = self._chosen(service, tag)
                if revision is None:
                    return web.Response(status=404, text="Error: Page not found\n")
                claimed.enter_context(self._forwarder.claim(revision))
            return await self._forwarder.forward(request, Target(service, revision))

    def _chosen(self, service: str, tag: str) -> str | None:
        """Return who answers by the routes of this moment."""
        return self._routes[service].tags.get(tag) if tag else self._splits[service].pick()

    def _called(self, request: web.Request) -> tuple[str, str]:
        """Tell by the port that was called; a Host header is only somebody's word."""
        name = request.get_extra_info("sockname")
        return self._owners[name[1]] if name else ("", "")

    async def _denied(
        self, request: web.Request, service: str, tag: str
    ) -> web.StreamResponse | None:
        """Refuse a call without a valid ID token for the service's URL or the tag's.

        https://cloud.google.com/run/docs/troubleshooting#unauthorized-client
        """
        token = _bearer(request)
        if token is None:
            return web.Response(status=403, text="Error: Forbidden\n")
        audiences = {self._url_of(service, ""), self._url_of(service, tag)}
        for audience in audiences:
            if await asyncio.to_thread(self._verify, token, audience):
                return None
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        return web.Response(status=401, text="Error: Unauthorized\n", headers=challenge)


def _bearer(request: web.Request) -> str | None:
    """Give the token; X-Serverless-Authorization goes before Authorization, as on Cloud Run."""
    for name in ("X-Serverless-Authorization", "Authorization"):
        kind, _, token = request.headers.get(name, "").partition(" ")
        if kind.lower() == "bearer" and token:
            return token.strip()
    return None
