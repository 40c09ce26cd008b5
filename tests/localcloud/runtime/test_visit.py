"""Visitors: a steady rate, counted, on loopback only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from localcloud.visit import Visitors, visit_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World


@pytest.mark.parametrize(
    "url", ["http://example.com", "https://127.0.0.1", "http://10.0.0.1", "ftp://127.0.0.1", "x"]
)
def test_only_loopback_is_visited(url: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Visitors([url], 10)
    assert CliRunner().invoke(visit_command, [url]).exit_code == 2


@pytest.mark.parametrize("rps", [0, -1, 501])
def test_the_rate_is_bounded(rps: float) -> None:
    with pytest.raises(ValueError, match="a second"):
        Visitors(["http://127.0.0.1:9"], rps)


def test_visitors_take_the_urls_in_turn_and_count(
    world: World, echo: str, until: Callable[[Callable[[], bool]], None]
) -> None:
    good, bad = world.start("echo-1", echo), world.start("echo-2", echo, STATUS="503")
    world.route({good: 100}, {"bad": bad})
    traffic, service = world.runtime.traffic, good.partition("/revisions")[0]
    visitors = Visitors([traffic.url(service), traffic.url(service, "bad")], 100)
    visitors.start()
    until(lambda: visitors.counts().requests >= 20)
    counts = visitors.stop()
    told = world.telemetry.counts(counts.requests)
    assert counts.requests == told.total()
    assert counts.by_status == {"2xx": told["echo-1", 200], "5xx": told["echo-2", 503]}
    assert abs(told["echo-1", 200] - told["echo-2", 503]) <= 1
    assert 0 < counts.p50_ms <= counts.p95_ms


def test_the_command_posts_json_and_ends_with_a_summary(world: World, echo: str) -> None:
    url = world.route({world.start("echo-1", echo): 100})
    asked = [f"{url}/x", "--rps", "50", "--seconds", "0.5", "--json", '{"text": "좋아"}']
    result = CliRunner().invoke(visit_command, asked)
    summary = json.loads(result.stdout)
    assert result.exit_code == 0
    assert summary["requests"] == summary["by_status"]["2xx"] > 0
    assert summary["requests"] == world.telemetry.counts(summary["requests"]).total()


def test_an_address_where_nobody_listens_is_counted_as_failed() -> None:
    result = CliRunner().invoke(visit_command, ["http://127.0.0.1:9", "--seconds", "0.2"])
    summary = json.loads(result.stdout)
    assert summary["failed"] == summary["requests"] > 0
    assert summary["p50_ms"] is None


def test_broken_json_is_refused() -> None:
    result = CliRunner().invoke(visit_command, ["http://127.0.0.1:9", "--json", "{nope"])
    assert result.exit_code == 2
