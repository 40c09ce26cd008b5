"""google.monitoring.v3.MetricService: requests and log lines, as Cloud Monitoring counts them.

https://cloud.google.com/monitoring/api/ref_v3/rpc/google.monitoring.v3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.api import label_pb2, metric_pb2
from google.cloud import monitoring_v3

from localcloud.google.errors import refuse
from localcloud.google.filters import parse
from localcloud.google.metric_series import Plan, aggregate, plan_of
from localcloud.google.metric_windows import (
    FINITE_BUCKETS,
    GROWTH,
    SCALE,
    MetricWindows,
    SeriesKey,
    Window,
)
from localcloud.google.paging import place
from localcloud.google.protocol import MethodTable, Proto, method, raw
from localcloud.google.times import seconds, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.filter_values import Value
    from localcloud.google.filters import Lookup

COUNT = "run.googleapis.com/request_count"
LATENCIES = "run.googleapis.com/request_latencies"
LINES = "logging.googleapis.com/log_entry_count"
LABELS = {
    COUNT: {"response_code": "INT64", "response_code_class": "STRING"},
    LATENCIES: {"response_code": "INT64", "response_code_class": "STRING"},
    LINES: {"log": "STRING", "severity": "STRING"},
}
_SERIES, _LIST = raw(monitoring_v3.TimeSeries), raw(monitoring_v3.ListTimeSeriesResponse)
_POINT = raw(monitoring_v3.Point)
_DESCRIPTORS = raw(monitoring_v3.ListMetricDescriptorsResponse)
_DELTA, _GAUGE = metric_pb2.MetricDescriptor.DELTA, metric_pb2.MetricDescriptor.GAUGE
_INT64, _DOUBLE = metric_pb2.MetricDescriptor.INT64, metric_pb2.MetricDescriptor.DOUBLE
_DISTRIBUTION = metric_pb2.MetricDescriptor.DISTRIBUTION
_HEADERS = monitoring_v3.ListTimeSeriesRequest.TimeSeriesView.HEADERS
_LARGEST_PAGE = 100_000


class MonitoringApi:
    """Answers out of the windows that are visible by now."""

    def __init__(self, windows: MetricWindows, lines: MetricWindows) -> None:
        self._length = windows.length
        self._kinds = {COUNT: windows, LATENCIES: windows, LINES: lines}

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        prefix = "/google.monitoring.v3.MetricService/"
        return {
            f"{prefix}ListTimeSeries": method(monitoring_v3.ListTimeSeriesRequest, self._list),
            f"{prefix}ListMetricDescriptors": method(
                monitoring_v3.ListMetricDescriptorsRequest, self._descriptors
            ),
        }

    def _list(self, request: Proto) -> Proto:
        passes, project = parse(request.filter), request.name.removeprefix("projects/")
        plan = plan_of(request.aggregation, self._length)
        start, end = _interval(request.interval)
        _refuse_without_type(request.filter)
        series: list[Proto] = []
        for kind, windows in self._kinds.items():
            mine = (one for one in windows.visible(start, end) if _belongs(one.key, project))
            chosen = [one for one in mine if passes(_lookup(kind, one.key))]
            series += _series_of(kind, plan, aggregate(chosen, plan, end))
        return _page(series, request)

    def _descriptors(self, request: Proto) -> Proto:
        passes = parse(request.filter)
        found = [_descriptor(request.name, kind) for kind in self._kinds]
        chosen = [one for one in found if passes(_only_type(one.type))]
        return _DESCRIPTORS(metric_descriptors=chosen)


def _refuse_without_type(text: str) -> None:
    """Refuse a filter that does not say which metric it means."""
    if "metric.type" not in text.replace(" ", ""):
        refuse(
            "The supplied filter does not specify a valid combination of metric and monitored "
            "resource descriptors. The query will not return any time series."
        )


def _interval(interval: Proto) -> tuple[float, float]:
    if not interval.HasField("end_time"):
        refuse("interval.endTime: must be set.")
    end = seconds(interval.end_time)
    start = seconds(interval.start_time) if interval.HasField("start_time") else end
    if start > end:
        refuse("interval: the start time must not be later than the end time.")
    return start, end


def _belongs(key: SeriesKey, project: str) -> bool:
    return ("project_id", project) in key.resource


def _lookup(kind: str, key: SeriesKey) -> Lookup:
    metric, resource = dict(key.metric), dict(key.resource)

    def value_at(path: tuple[str, ...]) -> Value:
        match path:
            case ("metric", "type"):
                return kind
            case ("resource", "type"):
                return "cloud_run_revision"
            case ("metric", "label" | "labels", name):
                return metric.get(name)
            case ("resource", "label" | "labels", name):
                return resource.get(name)
            case ("project",):
                return resource["project_id"]
            case _:
                return refuse(f"Field filter had an invalid value: unknown {'.'.join(path)!r}.")

    return value_at


def _only_type(kind: str) -> Callable[[tuple[str, ...]], Value]:
    return lambda path: kind if path == ("metric", "type") else None


def _series_of(kind: str, plan: Plan, windows: list[Window]) -> list[Proto]:
    grouped: dict[SeriesKey, Proto] = {}
    for window in sorted(windows, key=lambda one: -one.end):
        if window.key not in grouped:
            grouped[window.key] = _empty_series(kind, plan, window.key)
        grouped[window.key].points.append(_point(kind, plan, window))
    return [grouped[key] for key in sorted(grouped, key=lambda one: (one.resource, one.metric))]


def _empty_series(kind: str, plan: Plan, key: SeriesKey) -> Proto:
    series = _SERIES(metric_kind=_GAUGE if plan.rate else _DELTA)
    series.value_type = _DISTRIBUTION if kind == LATENCIES else _DOUBLE if plan.rate else _INT64
    series.unit = "ms" if kind == LATENCIES else "1"
    series.metric.type = kind
    series.metric.labels.update(key.metric)
    series.resource.type = "cloud_run_revision"
    series.resource.labels.update(key.resource)
    return series


def _point(kind: str, plan: Plan, window: Window) -> Proto:
    point = _POINT()
    point.interval.end_time.CopyFrom(stamp(window.end))
    point.interval.start_time.CopyFrom(stamp(window.end if plan.rate else window.start))
    sample = window.sample
    if kind == LATENCIES:
        _fill_distribution(point.value.distribution_value, window, plan)
    elif plan.rate:
        point.value.double_value = sample.count / plan.period
    else:
        point.value.int64_value = sample.count
    return point


def _fill_distribution(distribution: Proto, window: Window, plan: Plan) -> None:
    if plan.rate:
        refuse("aggregation.perSeriesAligner: ALIGN_RATE is not served for distributions here.")
    sample = window.sample
    distribution.count, distribution.mean = sample.count, sample.mean
    distribution.sum_of_squared_deviation = sample.squares
    distribution.bucket_counts.extend(_without_zeros_at_the_end(sample.buckets))
    buckets = distribution.bucket_options.exponential_buckets
    buckets.num_finite_buckets, buckets.growth_factor, buckets.scale = FINITE_BUCKETS, GROWTH, SCALE


def _without_zeros_at_the_end(buckets: list[int]) -> list[int]:
    length = max((index + 1 for index, count in enumerate(buckets) if count), default=0)
    return buckets[:length]


def _page(series: list[Proto], request: Proto) -> Proto:
    """Cut the answer: a page counts points, or series when only headers are asked for."""
    if request.view == _HEADERS:
        for one in series:
            del one.points[:]
    start, left = place(request.page_token), min(request.page_size or _LARGEST_PAGE, _LARGEST_PAGE)
    flat = [(one, point) for one in series for point in (one.points or [None])]
    answer = _LIST(next_page_token=str(start + left) if start + left < len(flat) else "")
    for one, point in flat[start : start + left]:
        _append(answer, one, point)
    return answer


def _append(answer: Proto, series: Proto, point: Proto | None) -> None:
    known = answer.time_series and answer.time_series[-1]
    if not known or (known.metric, known.resource) != (series.metric, series.resource):
        known = answer.time_series.add()
        known.CopyFrom(series)
        del known.points[:]
    if point is not None:
        known.points.append(point)


def _descriptor(parent: str, kind: str) -> Proto:
    labels = [
        label_pb2.LabelDescriptor(key=key, value_type=value) for key, value in LABELS[kind].items()
    ]
    return metric_pb2.MetricDescriptor(
        name=f"{parent}/metricDescriptors/{kind}",
        type=kind,
        labels=labels,
        metric_kind=_DELTA,
        value_type=_DISTRIBUTION if kind == LATENCIES else _INT64,
        unit="ms" if kind == LATENCIES else "1",
        monitored_resource_types=["cloud_run_revision"],
    )
