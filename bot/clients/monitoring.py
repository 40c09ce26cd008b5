"""What each revision answered, counted by Cloud Monitoring.

An interval is read as `(start, end]`, and an aligned point carries the end of its period
(https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TimeInterval and
https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#Aggregation). So
the interval asked for begins and ends on multiples of the window since 1970, and the point that
ends at T is the window `(T - window, T]`. No series is no answer, never "no errors": a window
without points has no counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import unquote

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
    from google.cloud.monitoring_v3 import Point, TimeSeries

    from bot.core.configuration import ServiceKey
    from bot.ports import WindowsAsked

LATENCIES = "run.googleapis.com/request_latencies"
"""DELTA, DISTRIBUTION in ms (https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run).
It carries the response classes too, so that requests, errors and slow answers come in one
question and always fit each other."""
LOG_ENTRIES = "logging.googleapis.com/log_entry_count"
"""DELTA, INT64 (https://cloud.google.com/monitoring/api/metrics_gcp_i_o#gcp-logging)."""
REVISION, CLASS, SEVERITY, LOG = "revision_name", "response_code_class", "severity", "log"
SERVER_ERRORS, CLIENT_ERRORS = "5xx", "4xx"
BAD_SEVERITIES = ("ERROR", "CRITICAL", "ALERT", "EMERGENCY")
REQUESTS = "run.googleapis.com/requests"
"""Cloud Run's own log of requests: a 5xx is an ERROR there, and counted already."""
SLOWEST = 0.01
"""Where nothing else is promised, the slowest answers of yesterday are at most so many."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Part(NamedTuple):
    """What one revision answered in one window with one class of answers."""

    kind: str
    distribution: Distribution


Windows = dict[datetime, dict[str, list[Part]]]
"""By the window's end, then by revision."""
Lines = Counter[tuple[datetime | None, str]]
"""How many, by the window's end and the revision."""


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
        counted, lines = self._counted(key, asked, ends), self._lines(key, asked, ends)
        return tuple(
            RevisionCounts(
                start=end - self._window,
                end=end,
                counts={
                    name: _sum(parts, asked.slow_above, lines[end, name])
                    for name, parts in counted[end].items()
                },
            )
            for end in ends
        )

    def day(self, key: ServiceKey, asked: WindowsAsked) -> Day:
        """Return one revision's windows from its first request on, in one question."""
        ends = self._ends(asked.since, asked.until)
        if not ends:
            return Day()
        counted, lines = self._counted(key, asked, ends), self._lines(key, asked, ends)
        (revision,) = asked.revisions
        begun = next((place for place, end in enumerate(ends) if counted[end]), len(ends))
        parts = {end: counted[end].get(revision, []) for end in ends[begun:]}
        everything = (part.distribution for some in parts.values() for part in some)
        slow_above = boundary(everything, asked.slow_above, SLOWEST)
        windows = (_sum(some, slow_above, lines[end, revision]) for end, some in parts.items())
        return Day(windows=tuple(windows), slow_above=slow_above)

    def _ends(self, since: datetime, until: datetime) -> list[datetime]:
        first = -((EPOCH - since) // self._window) + 1
        last = (until - EPOCH) // self._window
        return [EPOCH + number * self._window for number in range(first, last + 1)]

    def _request(
        self, project: str, chosen: str, labels: Iterable[str], ends: Sequence[datetime]
    ) -> ListTimeSeriesRequest:
        return ListTimeSeriesRequest(
            name=f"projects/{project}",
            filter=chosen,
            interval=TimeInterval(start_time=ends[0] - self._window, end_time=ends[-1]),
            aggregation=Aggregation(
                alignment_period=self._window,
                per_series_aligner=Aggregation.Aligner.ALIGN_DELTA,
                cross_series_reducer=Aggregation.Reducer.REDUCE_SUM,
                group_by_fields=[
                    f"resource.labels.{REVISION}",
                    *(f"metric.labels.{label}" for label in labels),
                ],
            ),
            view=ListTimeSeriesRequest.TimeSeriesView.FULL,
        )

    def _counted(self, key: ServiceKey, asked: WindowsAsked, ends: Sequence[datetime]) -> Windows:
        chosen = _filter(key, LATENCIES, asked.revisions)
        counted: Windows = {end: defaultdict(list) for end in ends}
        for one in self._series(self._request(key.project, chosen, (CLASS,), ends)):
            revision, kind = one.resource.labels[REVISION], one.metric.labels[CLASS]
            for point in one.points:
                end = self._end(point)
                if end in counted:
                    part = Part(kind, point.value.distribution_value)
                    counted[end][revision].append(part)
        return counted

    def _lines(self, key: ServiceKey, asked: WindowsAsked, ends: Sequence[datetime]) -> Lines:
        """Return lines of severity ERROR or worse, which cost a question of their own."""
        lines: Lines = Counter()
        if not asked.error_logs:
            return lines
        bad = f"metric.labels.{SEVERITY} = {_one_of(BAD_SEVERITIES)}"
        chosen = f"{_filter(key, LOG_ENTRIES, asked.revisions)} AND {bad}"
        for one in self._series(self._request(key.project, chosen, (LOG,), ends)):
            if not unquote(one.metric.labels[LOG]).endswith(REQUESTS):
                for point in one.points:
                    lines[self._end(point), one.resource.labels[REVISION]] += (
                        point.value.int64_value
                    )
        return lines

    def _end(self, point: Point) -> datetime | None:
        """Return the end of the window that holds a point, its own end too; None for no time."""
        try:
            moment = cast("datetime | None", point.interval.end_time)
        except OverflowError:
            return None
        if moment is None:
            return None
        return EPOCH - (EPOCH - moment) // self._window * self._window

    def _series(self, request: ListTimeSeriesRequest) -> list[TimeSeries]:
        try:
            with translate("Cloud Monitoring"):
                return list(self._client.list_time_series(request, retry=None, timeout=DEADLINE))
        except (Broken, GoogleAPICallError) as error:
            message = f"Cloud Monitoring cannot be read: {error}"
            raise Transient(message) from error


def _filter(key: ServiceKey, metric: str, revisions: Sequence[str]) -> str:
    return " AND ".join(
        (
            f"metric.type = {_quoted(metric)}",
            'resource.type = "cloud_run_revision"',
            f"resource.labels.project_id = {_quoted(key.project)}",
            f"resource.labels.location = {_quoted(key.region)}",
            f"resource.labels.service_name = {_quoted(key.service)}",
            f"resource.labels.{REVISION} = {_one_of(revisions)}",
        )
    )


def _one_of(texts: Sequence[str]) -> str:
    return f"one_of({', '.join(map(_quoted, texts))})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _sum(parts: Sequence[Part], slow_above: float, lines: int) -> Counts:
    requests = sum(part.distribution.count for part in parts)
    return Counts(
        requests=requests,
        errors_5xx=sum(part.distribution.count for part in parts if part.kind == SERVER_ERRORS),
        errors_4xx=sum(part.distribution.count for part in parts if part.kind == CLIENT_ERRORS),
        slow=sum(above(part.distribution, slow_above) for part in parts),
        logged=min(requests, lines),
    )
