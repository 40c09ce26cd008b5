"""What each revision answered, counted by Cloud Monitoring.

An interval is read as `(start, end]`, and an aligned point carries the end of its period
(https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TimeInterval and
https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#Aggregation). So
the interval asked for begins and ends on multiples of the window since 1970, and the point that
ends at T is the window `(T - window, T]`. No series is no answer, never "no errors": a window
without points has no counts.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.monitoring_v3 import (
    Aggregation,
    ListTimeSeriesRequest,
    MetricServiceClient,
    TimeInterval,
)

from bot.clients.endpoint import DEADLINE, grpc, translate
from bot.core.evidence import Counts, RevisionCounts
from bot.ports import Broken, Transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.cloud.monitoring_v3 import TimeSeries

    from bot.core.configuration import ServiceKey

REQUESTS = "run.googleapis.com/request_count"
"""DELTA, INT64 (https://cloud.google.com/monitoring/api/metrics_gcp)."""
REVISION, CLASS = "revision_name", "response_code_class"
SERVER_ERRORS = "5xx"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Windows = dict[datetime, dict[str, Counts]]
"""By the window's end, then by revision."""


class CloudMonitoring:
    """`Metrics` by windows of one length; an empty `target` is the real thing, else `host:port`.

    Cloud Monitoring refuses windows under 60 s; a local one may take shorter ones.
    """

    def __init__(self, target: str, window: timedelta) -> None:
        self._client = grpc(MetricServiceClient, target)
        self._window = window

    def windows(
        self, key: ServiceKey, revisions: Sequence[str], since: datetime, until: datetime
    ) -> tuple[RevisionCounts, ...]:
        """Return the whole windows between `since` and `until`, oldest first.

        Raises Transient for any trouble: without numbers nothing is decided, whatever the cause.
        """
        ends = self._ends(since, until)
        if not ends or not revisions:
            return ()
        start = ends[0] - self._window
        request = self._request(key, revisions, TimeInterval(start_time=start, end_time=ends[-1]))
        counted = _counted(self._series(request), ends, self._window)
        return tuple(
            RevisionCounts(start=end - self._window, end=end, counts=counted.get(end, {}))
            for end in ends
        )

    def _ends(self, since: datetime, until: datetime) -> list[datetime]:
        first = -((EPOCH - since) // self._window) + 1
        last = (until - EPOCH) // self._window
        return [EPOCH + number * self._window for number in range(first, last + 1)]

    def _request(
        self, key: ServiceKey, revisions: Sequence[str], interval: TimeInterval
    ) -> ListTimeSeriesRequest:
        return ListTimeSeriesRequest(
            name=f"projects/{key.project}",
            filter=_filter(key, revisions),
            interval=interval,
            aggregation=Aggregation(
                alignment_period=self._window,
                per_series_aligner=Aggregation.Aligner.ALIGN_DELTA,
                cross_series_reducer=Aggregation.Reducer.REDUCE_SUM,
                group_by_fields=[f"resource.labels.{REVISION}", f"metric.labels.{CLASS}"],
            ),
            view=ListTimeSeriesRequest.TimeSeriesView.FULL,
        )

    def _series(self, request: ListTimeSeriesRequest) -> list[TimeSeries]:
        try:
            with translate("Cloud Monitoring"):
                return list(self._client.list_time_series(request, retry=None, timeout=DEADLINE))
        except (Broken, GoogleAPICallError) as error:
            message = f"Cloud Monitoring cannot be read: {error}"
            raise Transient(message) from error


def _filter(key: ServiceKey, revisions: Sequence[str]) -> str:
    names = ", ".join(_quoted(name) for name in revisions)
    return " AND ".join(
        (
            f"metric.type = {_quoted(REQUESTS)}",
            'resource.type = "cloud_run_revision"',
            f"resource.labels.project_id = {_quoted(key.project)}",
            f"resource.labels.location = {_quoted(key.region)}",
            f"resource.labels.service_name = {_quoted(key.service)}",
            f"resource.labels.{REVISION} = one_of({names})",
        )
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _counted(series: Iterable[TimeSeries], ends: list[datetime], window: timedelta) -> Windows:
    counted: Windows = defaultdict(dict)
    for one in series:
        revision = one.resource.labels[REVISION]
        failed = one.metric.labels[CLASS] == SERVER_ERRORS
        for point in one.points:
            end = _window_end(cast("datetime", point.interval.end_time), window)
            if ends[0] <= end <= ends[-1]:
                so_far = counted[end].get(revision, Counts())
                counted[end][revision] = _added(so_far, point.value.int64_value, failed=failed)
    return counted


def _window_end(moment: datetime, window: timedelta) -> datetime:
    """Return the end of the window that holds a moment; windows include their end."""
    return EPOCH - (EPOCH - moment) // window * window


def _added(so_far: Counts, requests: int, *, failed: bool) -> Counts:
    errors = so_far.errors_5xx + (requests if failed else 0)
    return Counts(requests=so_far.requests + requests, errors_5xx=errors)
