"""Cloud Monitoring on the wire of the real client: what is visible, and how it adds up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from google.api.metric_pb2 import MetricDescriptor
from google.api_core import exceptions
from google.cloud import monitoring_v3

from localcloud.runtime.interface import Served

if TYPE_CHECKING:
    from tests.localcloud.google.conftest import Client, MakeWorld, Until, World

PARENT = "projects/demo/locations/asia-northeast3"
COUNT = 'metric.type = "run.googleapis.com/request_count"'
LATENCIES = 'metric.type = "run.googleapis.com/request_latencies"'
Aligner, Reducer = monitoring_v3.Aggregation.Aligner, monitoring_v3.Aggregation.Reducer
MINUTE = 60
AN_HOUR_AGO = time.time() // MINUTE * MINUTE - 60 * MINUTE


@pytest.fixture
def metrics(world: World) -> Client:
    return world.client(monitoring_v3.MetricServiceClient, "grpc")


def _served(
    world: World, revision: str, at: float, status: int = 200, seconds: float = 0.1
) -> None:
    service = f"{PARENT}/services/web"
    name = f"{service}/revisions/{revision}"
    world.google.telemetry.served(
        Served(service, name, "demo", "asia-northeast3", status, seconds, at)
    )


def _list(metrics: Client, query: str, start: float, end: float, **fields: object) -> Client:
    interval = {"start_time": {"seconds": int(start)}, "end_time": {"seconds": int(end)}}
    request = {"name": "projects/demo", "filter": query, "interval": interval, **fields}
    return metrics.list_time_series(request={"view": "FULL", **request})


def _sum(period: int = MINUTE, *groups: str, aligner: Client = Aligner.ALIGN_DELTA) -> Client:
    return {
        "alignment_period": {"seconds": period},
        "per_series_aligner": aligner,
        "cross_series_reducer": Reducer.REDUCE_SUM,
        "group_by_fields": groups or ["resource.label.revision_name"],
    }


def test_raw_points_have_the_labels_and_intervals_of_the_service(
    world: World, metrics: Client
) -> None:
    for offset in (1, 2, 61):
        _served(world, "web-one", AN_HOUR_AGO + offset)
    _served(world, "web-one", AN_HOUR_AGO + 3, status=503)
    found = list(_list(metrics, COUNT, AN_HOUR_AGO, AN_HOUR_AGO + 600))
    assert len(found) == 2
    good = next(one for one in found if one.metric.labels["response_code"] == "200")
    assert dict(good.metric.labels) == {"response_code": "200", "response_code_class": "2xx"}
    assert good.resource.type == "cloud_run_revision"
    assert dict(good.resource.labels) == {
        "project_id": "demo",
        "location": "asia-northeast3",
        "service_name": "web",
        "revision_name": "web-one",
        "configuration_name": "web",
    }
    points = [
        (
            one.interval.start_time.timestamp(),
            one.interval.end_time.timestamp(),
            one.value.int64_value,
        )
        for one in good.points
    ]
    assert points == [
        (AN_HOUR_AGO + 60, AN_HOUR_AGO + 120, 1),
        (AN_HOUR_AGO, AN_HOUR_AGO + 60, 2),
    ]
    assert good.metric_kind == MetricDescriptor.DELTA


def test_counts_add_up_by_revision_and_class(world: World, metrics: Client) -> None:
    for code in (200, 201, 200, 500):
        _served(world, "web-one", AN_HOUR_AGO + 1, status=code)
    _served(world, "web-two", AN_HOUR_AGO + 1)
    groups = ("resource.labels.revision_name", "metric.label.response_code_class")
    query = f'{COUNT} AND resource.labels.service_name = "web"'
    found = _list(metrics, query, AN_HOUR_AGO, AN_HOUR_AGO + 60, aggregation=_sum(MINUTE, *groups))
    counts = {
        (
            one.resource.labels["revision_name"],
            one.metric.labels["response_code_class"],
        ): one.points[0].value.int64_value
        for one in found
    }
    expected = {("web-one", "2xx"): 3, ("web-one", "5xx"): 1, ("web-two", "2xx"): 1}
    assert counts == expected
    only = f'{query} AND resource.labels.revision_name = one_of("web-two", "web-three")'
    series = list(_list(metrics, only, AN_HOUR_AGO, AN_HOUR_AGO + 60, aggregation=_sum()))
    assert [one.resource.labels["revision_name"] for one in series] == ["web-two"]


def test_a_longer_period_adds_windows_and_a_rate_divides(world: World, metrics: Client) -> None:
    for minute in (0, 1, 3):
        _served(world, "web-one", AN_HOUR_AGO + minute * MINUTE)
    end = AN_HOUR_AGO + 240
    (series,) = _list(metrics, COUNT, AN_HOUR_AGO, end, aggregation=_sum(120))
    assert [one.value.int64_value for one in series.points] == [1, 2]
    rate = _sum(120, aligner=Aligner.ALIGN_RATE)
    (series,) = _list(metrics, COUNT, AN_HOUR_AGO, end, aggregation=rate)
    assert [one.value.double_value for one in series.points] == [1 / 120, 2 / 120]
    assert series.metric_kind == MetricDescriptor.GAUGE


def test_latencies_are_a_distribution_in_milliseconds(world: World, metrics: Client) -> None:
    for seconds in (0.010, 0.020, 3.0):
        _served(world, "web-one", AN_HOUR_AGO + 1, seconds=seconds)
    (series,) = _list(metrics, LATENCIES, AN_HOUR_AGO, AN_HOUR_AGO + 60, aggregation=_sum())
    value = series.points[0].value.distribution_value
    options = value.bucket_options.exponential_buckets
    bounds = [options.scale * options.growth_factor**i for i in range(options.num_finite_buckets)]
    above_a_second = sum(
        count
        for index, count in enumerate(value.bucket_counts)
        if index and bounds[index - 1] >= 1000
    )
    assert (value.count, sum(value.bucket_counts), above_a_second) == (3, 3, 1)
    assert value.mean == pytest.approx(1010)
    deviation = sum((ms - 1010) ** 2 for ms in (10, 20, 3000))
    assert value.sum_of_squared_deviation == pytest.approx(deviation)


def test_a_window_is_visible_only_after_the_lag(make_world: MakeWorld, until: Until) -> None:
    world = make_world(metric_window=0.5, metric_lag=1.0, tick=3600)
    metrics = world.client(monitoring_v3.MetricServiceClient, "grpc")
    at = time.time()
    _served(world, "web-one", at)
    visible_from = (at // 0.5 + 1) * 0.5 + 1.0
    assert not list(_list(metrics, COUNT, at - 10, at + 10))
    (series,) = until(lambda: list(_list(metrics, COUNT, at - 10, at + 10)))
    assert time.time() >= visible_from
    assert series.points[0].value.int64_value == 1


def test_silence_has_no_points(metrics: Client) -> None:
    assert not list(_list(metrics, COUNT, AN_HOUR_AGO, AN_HOUR_AGO + 60, aggregation=_sum()))


def test_pages_count_points(world: World, metrics: Client) -> None:
    for minute in range(5):
        _served(world, "web-one", AN_HOUR_AGO + minute * MINUTE)
    pager = _list(metrics, COUNT, AN_HOUR_AGO, AN_HOUR_AGO + 600, page_size=2)
    pages = [sum(len(one.points) for one in page.time_series) for page in pager.pages]
    assert pages == [2, 2, 1]


@pytest.mark.parametrize(
    ("query", "fields", "reason"),
    [
        ('resource.type = "cloud_run_revision"', {}, "does not specify"),
        (COUNT, {"aggregation": _sum(30)}, "at least 60"),
        (COUNT, {"aggregation": _sum(90)}, "multiple"),
        (COUNT, {"aggregation": _sum(aligner=Aligner.ALIGN_MEAN)}, "perSeriesAligner"),
        (f"{COUNT} AND nonsense.x = 1", {}, "unknown"),
        (f"{COUNT} AND (", {}, "unparseable"),
    ],
)
def test_impossible_queries_are_refused(
    world: World, metrics: Client, query: str, fields: dict[str, object], reason: str
) -> None:
    _served(world, "web-one", AN_HOUR_AGO)
    with pytest.raises(exceptions.InvalidArgument, match=reason):
        list(_list(metrics, query, AN_HOUR_AGO, AN_HOUR_AGO + 60, **fields))


def test_the_metrics_are_described(metrics: Client) -> None:
    query = 'metric.type = starts_with("run.googleapis.com/request_l")'
    request = {"name": "projects/demo", "filter": query}
    (found,) = metrics.list_metric_descriptors(request=request)
    assert found.type == "run.googleapis.com/request_latencies"
