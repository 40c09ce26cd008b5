"""Visitors: requests at a steady rate whether or not answers come, as a crowd sends them."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from itertools import cycle
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import click

from localcloud.runtime.loop_thread import LoopThread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_RPS = 500.0
MOST_WAITING = 200
_ANSWER_WITHIN_SECONDS = 30
_KEPT_LATENCIES = 20_000
_SERVER_ERROR = 500
_MOST_TROUBLES, _LONGEST_TROUBLE = 5, 120


@dataclass(frozen=True, slots=True)
class Counts:
    """What visitors met: answers by status class, `failed` without one, `skipped` never sent.

    A visit is skipped when MOST_WAITING others still wait. Times are in milliseconds, over the
    latest answers.
    """

    requests: int
    by_status: Mapping[str, int]
    failed: int
    skipped: int
    p50_ms: float | None
    p95_ms: float | None
    troubles: Mapping[str, int]
    """What was said by the first few kinds of failures."""


class Visitors:
    """A crowd that calls loopback `urls` in turn, `rps` times a second, from a thread of its own.

    With a `body` it is sent as JSON, by POST unless `method` says otherwise. Raises ValueError for
    any URL that is not loopback and for a rate outside 0 to 500.
    """

    def __init__(
        self, urls: Sequence[str], rps: float, method: str | None = None, body: object = None
    ) -> None:
        if not urls or not all(is_loopback(url) for url in urls):
            reason = "visitors call loopback http addresses only"
            raise ValueError(reason)
        if not 0 < rps <= MOST_RPS:
            reason = f"between 0 and {MOST_RPS:g} requests a second"
            raise ValueError(reason)
        self._urls = cycle(urls)
        self._pause = 1 / rps
        self._method = method or ("GET" if body is None else "POST")
        self._body = body
        self._tally = _Tally()
        self._loop = LoopThread("visitors")
        self._stopping = asyncio.Event()
        self._crowd: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Let them come."""
        self._loop.start()
        self._loop.run(self._begin())

    def stop(self) -> Counts:
        """Send nobody more, wait for those on their way, and count."""
        self._loop.run(self._end())
        self._loop.stop()
        return self.counts()

    def counts(self) -> Counts:
        """Count so far; from any thread."""
        return self._tally.counts()

    async def _begin(self) -> None:
        self._crowd = asyncio.create_task(self._come())

    async def _end(self) -> None:
        self._stopping.set()
        if self._crowd:
            await self._crowd

    async def _come(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN_SECONDS)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=1)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as client,
            asyncio.TaskGroup() as on_their_way,
        ):
            due = time.monotonic()
            while not self._stopping.is_set():
                self._send(client, on_their_way)
                due += self._pause
                await self._until(due)

    def _send(self, client: aiohttp.ClientSession, on_their_way: asyncio.TaskGroup) -> None:
        if self._tally.waiting >= MOST_WAITING:
            self._tally.skipped += 1
            return
        self._tally.waiting += 1
        on_their_way.create_task(self._visit(client, next(self._urls)))

    async def _until(self, due: float) -> None:
        """Wait for the next visit's time, or for the end."""
        try:
            async with asyncio.timeout(max(0.0, due - time.monotonic())):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _visit(self, client: aiohttp.ClientSession, url: str) -> None:
        started = time.perf_counter()
        try:
            async with client.request(self._method, url, json=self._body) as answer:
                said = await answer.text(errors="replace")
            self._tally.answered(answer.status, time.perf_counter() - started)
            if answer.status >= _SERVER_ERROR:
                self._tally.went_wrong(f"{answer.status} {said.strip()[:_LONGEST_TROUBLE]}")
        except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
            self._tally.failed += 1
            self._tally.went_wrong(type(trouble).__name__)
        finally:
            self._tally.waiting -= 1


class _Tally:
    """The numbers, written by one thread and read by any."""

    def __init__(self) -> None:
        self.waiting = self.failed = self.skipped = 0
        self._statuses: Counter[str] = Counter()
        self._seconds: deque[float] = deque(maxlen=_KEPT_LATENCIES)
        self._troubles: Counter[str] = Counter()

    def answered(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self._statuses[f"{status // 100}xx"] += 1
        self._seconds.append(seconds)

    def went_wrong(self, said: str) -> None:
        """Keep what was said by a failure, of the first few kinds."""
        if said in self._troubles or len(self._troubles) < _MOST_TROUBLES:
            self._troubles[said] += 1

    def counts(self) -> Counts:
        """Sum up."""
        statuses = dict(sorted(self._statuses.copy().items()))
        ordered = sorted(self._seconds.copy())
        answers = sum(statuses.values())
        times = _quantile_ms(ordered, 0.5), _quantile_ms(ordered, 0.95)
        counted = answers + self.failed, statuses, self.failed, self.skipped
        return Counts(*counted, *times, dict(self._troubles.copy()))


def _quantile_ms(ordered: list[float], share: float) -> float | None:
    return round(ordered[int(share * (len(ordered) - 1))] * 1000, 2) if ordered else None


def is_loopback(url: str) -> bool:
    """Tell whether this is an http URL on this machine."""
    parts = urlsplit(url)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme == "http" and parts.hostname == "localhost"


def _json(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:  # noqa: ANN401  # any JSON
    try:
        return None if text is None else json.loads(text)
    except ValueError as trouble:
        raise click.BadParameter(str(trouble)) from trouble


@click.command("visit")
@click.argument("urls", nargs=-1, required=True)
@click.option("--rps", default=20.0, show_default=True, help="Requests a second, over all URLs.")
@click.option("--seconds", type=click.FloatRange(min=0), help="How long; until Ctrl-C if not told.")
@click.option("--method", help="GET, or POST with --json, if not told.")
@click.option("--json", "body", callback=_json, help="A JSON document to send.")
def visit_command(
    urls: tuple[str, ...], rps: float, seconds: float | None, method: str | None, body: object
) -> None:
    """Send visitors to loopback URLS at a steady rate; ends with a summary as one JSON line."""
    try:
        visitors = Visitors(urls, rps, method, body)
    except ValueError as trouble:
        raise click.UsageError(str(trouble)) from trouble
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    visitors.start()
    try:
        _watch(visitors, seconds)
    except KeyboardInterrupt:
        pass
    finally:
        click.echo(json.dumps(asdict(visitors.stop())))


def _watch(visitors: Visitors, seconds: float | None) -> None:
    """Wait, saying once a second how it goes when somebody is looking."""
    end = time.monotonic() + seconds if seconds is not None else float("inf")
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(1.0, left))
        if sys.stderr.isatty():
            click.echo(_told(visitors.counts()), err=True)


def _told(counts: Counts) -> str:
    classes = "  ".join(f"{name} {number}" for name, number in counts.by_status.items())
    rest = f"failed {counts.failed}  skipped {counts.skipped}"
    times = f"p50 {counts.p50_ms} ms  p95 {counts.p95_ms} ms"
    return f"{counts.requests} requests  {classes}  {rest}  {times}"
