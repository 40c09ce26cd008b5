"""Hands one request to one revision and its answer back, both streamed, and reports how it went."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from localcloud.runtime.interface import Served

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from multidict import CIMultiDictProxy

    from localcloud.runtime.in_flight import InFlight
    from localcloud.runtime.interface import Telemetry

_CONNECT_SECONDS = 5
_CLIENT_GONE = 499
_HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade", "expect",
}  # fmt: skip  # https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1


@dataclass(frozen=True, slots=True)
class Target:
    """Who answers: full resource names."""

    service: str
    revision: str


class Forwarder:
    """One HTTP client for all revisions.

    `locate` gives a revision's port; `timeout` is in seconds.
    """

    def __init__(
        self, locate: Callable[[str], int | None], in_flight: InFlight, timeout: float
    ) -> None:
        self._locate = locate
        self._in_flight = in_flight
        self._timeout = timeout
        self._telemetry: Telemetry | None = None
        self._client: aiohttp.ClientSession | None = None

    async def open(self, telemetry: Telemetry) -> None:
        """Make the client, in the loop that will use it; `telemetry` hears of every request.

        Every request has a connection of its own: an instance may hang up on an idle one just as
        the next request is sent, which nobody could tell from a failure.
        """
        self._telemetry = telemetry
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._client:
            await self._client.close()

    def claim(self, revision: str) -> AbstractContextManager[None]:
        """Have the revision live on until its request is answered, from now on."""
        return self._in_flight.request(revision)

    async def forward(self, request: web.Request, target: Target) -> web.StreamResponse:
        """Let the claimed target answer; 503 where it is not reached or breaks off, 504 when late.

        What reaches no instance is not counted.
        (https://cloud.google.com/monitoring/api/metrics_gcp: run.googleapis.com/request_count)
        """
        started = time.perf_counter()
        relay = _Relay(request)
        try:
            return await self._relayed(relay, target)
        finally:
            seconds = time.perf_counter() - started
            if relay.reached:
                self._report(target, relay.status, seconds)

    async def _relayed(self, relay: _Relay, target: Target) -> web.StreamResponse:
        port = self._locate(target.revision)
        if port is None or self._client is None:
            return relay.miss()
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._client.request(
                    relay.request.method,
                    URL(f"http://127.0.0.1:{port}{relay.request.raw_path}", encoded=True),
                    headers=_request_headers(relay.request),
                    data=relay.request.content if relay.request.body_exists else None,
                    allow_redirects=False,
                ) as answer,
            ):
                return await relay.stream(answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return relay.miss()
        except TimeoutError:
            return relay.fail(504, "upstream request timeout")
        except (aiohttp.ClientError, OSError):
            return relay.fail(503, "the connection to the instance had an error")

    def _report(self, target: Target, status: int, seconds: float) -> None:
        if self._telemetry is None:
            return
        _, project, _, location, *_ = target.service.split("/")
        self._telemetry.served(
            Served(target.service, target.revision, project, location, status, seconds, time.time())
        )


class _Relay:
    """One answer on its way back; `status` is what will be reported of a request that got there."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.status = _CLIENT_GONE
        self.reached = True
        self._response: web.StreamResponse | None = None

    async def stream(self, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        """Pass the answer on piece by piece."""
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        response.headers.extend(_end_to_end(answer.headers))
        self._response = response
        await response.prepare(self.request)
        async for piece in answer.content.iter_any():
            await response.write(piece)
        await response.write_eof()
        self.status = answer.status
        return response

    def miss(self) -> web.StreamResponse:
        """Answer for a revision without an instance that listens."""
        self.reached = False
        return self.fail(503, "no instance of this revision is running")

    def fail(self, status: int, reason: str) -> web.StreamResponse:
        """Answer with a failure; an answer already begun is broken off instead."""
        transport = self.request.transport
        if transport is None or transport.is_closing():
            return self._response or web.Response(status=_CLIENT_GONE)
        self.status = status
        if self._response and self._response.prepared:
            transport.abort()
            return self._response
        return web.Response(status=status, text=f"{reason}\n")


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    dropped = _HOP_BY_HOP | named
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in dropped
    )


def _request_headers(request: web.Request) -> CIMultiDict[str]:
    headers = _end_to_end(request.headers)
    before = headers.get("X-Forwarded-For")
    caller = request.remote or "unknown"
    headers["X-Forwarded-For"] = f"{before}, {caller}" if before else caller
    headers["X-Forwarded-Proto"] = request.scheme
    return headers
