"""Whole windows, both revisions in one question, and no answer told apart from no errors."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.clients.monitoring import CloudMonitoring
from bot.core.configuration import ServiceKey
from bot.core.evidence import Counts
from bot.ports import Transient, WindowsAsked
from localcloud.runtime.interface import Served
from tests.clients.local_google import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.server import Google

    Serve = Callable[..., None]

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
BOTH = ("api-1", "api-2")


@pytest.fixture
def key(request: pytest.FixtureRequest) -> ServiceKey:
    """Each test has a service of its own."""
    return ServiceKey(PROJECT, "asia-northeast3", request.node.name.replace("_", "-"))


@pytest.fixture
def serve(google: Google, key: ServiceKey) -> Serve:
    def one(revision: str, at: datetime, status: int = 200, key: ServiceKey = key) -> None:
        google.telemetry.served(
            Served(
                service=key.name,
                revision=f"{key.name}/revisions/{revision}",
                project=key.project,
                location=key.region,
                status=status,
                seconds=0.01,
                at=at.timestamp(),
            )
        )

    return one


@pytest.fixture
def metrics(google: Google) -> CloudMonitoring:
    return CloudMonitoring(google.grpc_target, MINUTE)


def test_every_window_is_told_oldest_first(
    metrics: CloudMonitoring, key: ServiceKey, serve: Serve
) -> None:
    for status in (200, 204, 301, 404, 500, 503):
        serve("api-1", NOON + 0.5 * MINUTE, status)
    serve("api-2", NOON + 0.5 * MINUTE, 502)
    serve("api-2", NOON + 2.5 * MINUTE)
    windows = metrics.windows(key, WindowsAsked(BOTH, NOON, NOON + 4 * MINUTE))
    assert [(window.start, window.end) for window in windows] == [
        (NOON + number * MINUTE, NOON + (number + 1) * MINUTE) for number in range(4)
    ]
    assert [window.counts for window in windows] == [
        {"api-1": Counts(6, 2, 1), "api-2": Counts(1, 1)},
        {},
        {"api-2": Counts(1, 0)},
        {},
    ]


def test_error_lines_are_counted_where_somebody_asks(
    google: Google, metrics: CloudMonitoring, key: ServiceKey, serve: Serve
) -> None:
    def line(revision: str, text: str) -> None:
        moment = (NOON + 0.5 * MINUTE).timestamp()
        google.telemetry.line(key.name, f"{key.name}/revisions/{revision}", "stdout", text, moment)

    for revision in ("api-1", "api-1", "api-1", "api-2"):
        serve(revision, NOON + 0.5 * MINUTE)
    for severity in ("ERROR", "critical", "WARNING", "INFO"):
        line("api-1", f'{{"severity": "{severity}", "message": "cannot store it"}}')
    for text in ("plain", '{"severity": "ERROR"}', '{"severity": "ALERT"}'):
        line("api-2", text)
    until = NOON + MINUTE
    (window,) = metrics.windows(key, WindowsAsked(BOTH, NOON, until, error_logs=True))
    assert window.counts == {"api-1": Counts(3, logged=2), "api-2": Counts(1, logged=1)}
    (unasked,) = metrics.windows(key, WindowsAsked(BOTH, NOON, until))
    assert unasked.counts == {"api-1": Counts(3), "api-2": Counts(1)}
    day = metrics.day(key, WindowsAsked(("api-1",), NOON, until, error_logs=True))
    assert [counts.logged for counts in day.windows] == [2]


def test_windows_that_are_cut_are_left_out(
    metrics: CloudMonitoring, key: ServiceKey, serve: Serve
) -> None:
    for number in range(4):
        serve("api-1", NOON + (number + 0.9) * MINUTE)
    second = MINUTE / 60
    windows = metrics.windows(key, WindowsAsked(BOTH, NOON + second, NOON + 4 * MINUTE - second))
    assert [window.start for window in windows] == [NOON + MINUTE, NOON + 2 * MINUTE]
    assert [window.counts for window in windows] == [{"api-1": Counts(1, 0)}] * 2


@pytest.mark.parametrize("length", [timedelta(0), MINUTE / 2, -MINUTE])
def test_less_than_a_window_is_nothing(
    metrics: CloudMonitoring, key: ServiceKey, length: timedelta
) -> None:
    assert metrics.windows(key, WindowsAsked(BOTH, NOON, NOON + length)) == ()


def test_other_services_and_revisions_do_not_count(
    metrics: CloudMonitoring, key: ServiceKey, serve: Serve
) -> None:
    serve("api-1", NOON + 0.5 * MINUTE)
    serve("api-3", NOON + 0.5 * MINUTE)
    for other in (
        ServiceKey(PROJECT, key.region, key.service + "-staging"),
        ServiceKey(PROJECT, "us-central1", key.service),
        ServiceKey("acme-other", key.region, key.service),
    ):
        serve("api-1", NOON + 0.5 * MINUTE, 500, other)
    (window,) = metrics.windows(key, WindowsAsked(BOTH, NOON, NOON + MINUTE))
    assert window.counts == {"api-1": Counts(1, 0)}


def test_quotes_in_a_name_stay_inside_the_name(
    metrics: CloudMonitoring, key: ServiceKey, serve: Serve
) -> None:
    serve("api-1", NOON + 0.5 * MINUTE)
    hostile = ('x") OR resource.labels.revision_name = one_of("api-1', "x\\")
    (window,) = metrics.windows(key, WindowsAsked(hostile, NOON, NOON + MINUTE))
    assert window.counts == {}


def test_windows_may_be_longer_than_samples(google: Google, key: ServiceKey, serve: Serve) -> None:
    """They lie on multiples of their own length, whatever the interval asked for."""
    serve("api-1", NOON + 0.5 * MINUTE)
    serve("api-1", NOON + 1.5 * MINUTE, 500)
    metrics = CloudMonitoring(google.grpc_target, 2 * MINUTE)
    (window,) = metrics.windows(key, WindowsAsked(BOTH, NOON - MINUTE, NOON + 3 * MINUTE))
    assert (window.start, window.counts) == (NOON, {"api-1": Counts(2, 1)})


def test_a_server_that_is_away_is_transient(key: ServiceKey) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        metrics = CloudMonitoring(f"127.0.0.1:{closed.getsockname()[1]}", MINUTE)
        with pytest.raises(Transient):
            metrics.windows(key, WindowsAsked(BOTH, NOON, NOON + MINUTE))


def test_a_refusal_is_transient_too(google: Google, key: ServiceKey) -> None:
    """Windows that Cloud Monitoring does not do: no numbers, so nothing may be decided."""
    metrics = CloudMonitoring(google.grpc_target, timedelta(seconds=7))
    with pytest.raises(Transient, match="Cloud Monitoring cannot be read"):
        metrics.windows(key, WindowsAsked(BOTH, NOON, NOON + MINUTE))
