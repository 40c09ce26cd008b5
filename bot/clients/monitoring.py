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
from typing import TYPE_CHECKING, NamedTuple, cast

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.monitoring_v3 import (
    Aggregation,
    ListTimeSeriesRequest,
    MetricServiceClient,
    TimeInterval,
)

from bot.clients.endpoint import DEADLINE, grpc, translate
from bot.clients.latencies import above, boundary
from bot.core.evidence import Counts, Day, RevisionCounts
from bot.ports import Broken, Transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.api.distribution_pb2 import Distribution
    from google.cloud.monitoring_v3 import TimeSeries

    from bot.core.configuration import ServiceKey
    from bot.ports import WindowsAsked

LATENCIES = "run.googleapis.com/request_latencies"
"""DELTA, DISTRIBUTION in ms (https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run).
It carries the response classes too, so that requests, errors and slow answers come in one
question and always fit each other."""
REVISION, CLASS = "revision_name", "response_code_class"
SERVER_ERRORS, CLIENT_ERRORS = "5xx", "4xx"
SLOWEST = 0.01
"""Where nothing else is promised, the slowest answers of yesterday are at most so many."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Part(NamedTuple):
    """What one revision answered in one window with one class of answers."""

    kind: str
    distribution: Distribution


Windows = dict[datetime, dict[str, list[Part]]]
"""By the window's end, then by revision."""


class CloudMonitoring:
    """`Metrics` by windows of one length; an empty `target` is the real thing, else `host:port`.

    Cloud Monitoring refuses windows under 60 s; a local one may take shorter ones.
    """

    def __init__(self, target: str, window: timedelta) -> None:
        self._client = grpc(MetricServiceClient, target)
        self._window = window

    def windows(self, key: ServiceKey, asked: WindowsAsked) -> tuple[RevisionCounts, ...]:
        """Return the whole windows of the interval, oldest first.

        Raises Transient for any trouble: without numbers nothing is decided, whatever the cause.
        """
        ends = self._ends(asked.since, asked.until)
        if not ends or not asked.revisions:
            return ()
        counted = self._counted(self._series(self._request(key, asked.revisions, ends)), ends)
        return tuple(
            RevisionCounts(
                start=end - self._window,
                end=end,
                counts={
                    name: _sum(parts, asked.slow_above) for name, parts in counted[end].items()
                },
            )
            for end in ends
        )

    def day(self, key: ServiceKey, asked: WindowsAsked) -> Day:
        """Return one revision's windows from its first request on, in one question."""
        ends = self._ends(asked.since, asked.until)
        if not ends:
            return Day()
        counted = self._counted(self._series(self._request(key, asked.revisions, ends)), ends)
        (revision,) = asked.revisions
        begun = next((place for place, end in enumerate(ends) if counted[end]), len(ends))
        parts = [counted[end].get(revision, []) for end in ends[begun:]]
        everything = (part.distribution for some in parts for part in some)
        slow_above = boundary(everything, asked.slow_above, SLOWEST)
        return Day(windows=tuple(_sum(some, slow_above) for some in parts), slow_above=slow_above)

    def _ends(self, since: datetime, until: datetime) -> list[datetime]:
        first = -((EPOCH - since) // self._window) + 1
        last = (until - EPOCH) // self._window
        return [EPOCH + number * self._window for number in range(first, last + 1)]

    def _request(
        self, key: ServiceKey, revisions: Sequence[str], ends: Sequence[datetime]
    ) -> ListTimeSeriesRequest:
        return ListTimeSeriesRequest(
            name=f"projects/{key.project}",
            filter=_filter(key, revisions),
            interval=TimeInterval(start_time=ends[0] - self._window, end_time=ends[-1]),
            aggregation=Aggregation(
                alignment_period=self._window,
                per_series_aligner=Aggregation.Aligner.ALIGN_DELTA,
                cross_series_reducer=Aggregation.Reducer.REDUCE_SUM,
                group_by_fields=[f"resource.labels.{REVISION}", f"metric.labels.{CLASS}"],
            ),
            view=ListTimeSeriesRequest.TimeSeriesView.FULL,
        )

    def _counted(self, series: Iterable[TimeSeries], ends: Sequence[datetime]) -> Windows:
        counted: Windows = {end: defaultdict(list) for end in ends}
        for one in series:
            revision, kind = one.resource.labels[REVISION], one.metric.labels[CLASS]
            for point in one.points:
                end = _window_end(cast("datetime", point.interval.end_time), self._window)
                if end in counted:
                    part = Part(kind, point.value.distribution_value)
                    counted[end][revision].append(part)
        return counted

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
            f"metric.type = {_quoted(LATENCIES)}",
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


def _window_end(moment: datetime, window: timedelta) -> datetime:
    """Return the end of the window that holds a moment; windows include their end."""
    return EPOCH - (EPOCH - moment) // window * window


def _sum(parts: Sequence[Part], slow_above: float) -> Counts:
    return Counts(
        requests=sum(part.distribution.count for part in parts),
        errors_5xx=sum(part.distribution.count for part in parts if part.kind == SERVER_ERRORS),
        errors_4xx=sum(part.distribution.count for part in parts if part.kind == CLIENT_ERRORS),
        slow=sum(above(part.distribution, slow_above) for part in parts),
    )
