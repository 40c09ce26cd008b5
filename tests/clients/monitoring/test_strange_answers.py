"""Points without a time, or of another, are in no window; nothing ends with an exception."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from google.cloud.monitoring_v3 import ListTimeSeriesResponse
from grpc import method_handlers_generic_handler, unary_unary_rpc_method_handler
from grpc import server as grpc_server

from bot.clients.monitoring import CloudMonitoring
from bot.core.configuration import ServiceKey
from bot.core.evidence import Counts
from bot.ports import WindowsAsked

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEY = ServiceKey("p", "r", "api")
ASKED = WindowsAsked(("api-1",), NOON, NOON + MINUTE, error_logs=True)
TIMES = (None, 0, -1, 2**40, -(2**40), int(NOON.timestamp()) + 60)
"""Seconds since 1970; the last one is in the window."""


@contextmanager
def told() -> Iterator[str]:
    """Serve a Cloud Monitoring with one point at each time."""
    answer = ListTimeSeriesResponse.pb(ListTimeSeriesResponse())
    series = answer.time_series.add()
    series.resource.labels["revision_name"] = "api-1"
    for seconds in TIMES:
        point = series.points.add()
        point.value.distribution_value.count = 3
        if seconds is not None:
            point.interval.end_time.seconds = seconds
    method = unary_unary_rpc_method_handler(lambda *_: answer.SerializeToString())
    service = "google.monitoring.v3.MetricService"
    handler = method_handlers_generic_handler(service, {"ListTimeSeries": method})
    server = grpc_server(ThreadPoolExecutor(1), handlers=(handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_a_point_without_a_time_is_in_no_window() -> None:
    with told() as target:
        metrics = CloudMonitoring(target, MINUTE)
        (window,) = metrics.windows(KEY, ASKED)
        day = metrics.day(KEY, ASKED)
    assert window.counts == {"api-1": Counts(3)}
    assert day.windows == (Counts(3),)
