"""Alignment and reduction of windows into the points of time series.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list#aggregation
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from google.cloud import monitoring_v3

from localcloud.google.errors import refuse
from localcloud.google.filters import path_of
from localcloud.google.metric_windows import Sample, SeriesKey, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.google.metric_windows import Labels
    from localcloud.google.protocol import Proto

_ALIGNER = monitoring_v3.Aggregation.Aligner
_REDUCER = monitoring_v3.Aggregation.Reducer
_NO_ALIGNMENT = _ALIGNER.ALIGN_NONE
_ALIGNMENTS = frozenset({_ALIGNER.ALIGN_DELTA, _ALIGNER.ALIGN_SUM, _ALIGNER.ALIGN_RATE})
_EXACT = 1e-6


@dataclass(frozen=True)
class Plan:
    """How to aggregate: `period` in seconds (0 = raw windows), and which labels to keep."""

    period: float
    rate: bool
    reduce: bool
    kept: tuple[tuple[str, ...], ...]


def plan_of(aggregation: Proto, native: float) -> Plan:
    """Return the plan; raises ApiError for what this server, or Cloud Monitoring, refuses."""
    aligner, reducer = aggregation.per_series_aligner, aggregation.cross_series_reducer
    if reducer not in {_REDUCER.REDUCE_NONE, _REDUCER.REDUCE_SUM}:
        refuse("aggregation.crossSeriesReducer: only REDUCE_NONE and REDUCE_SUM are served here.")
    if aligner == _NO_ALIGNMENT:
        _refuse_alone(aggregation, reduces=reducer == _REDUCER.REDUCE_SUM)
        return Plan(0.0, rate=False, reduce=False, kept=())
    if aligner not in _ALIGNMENTS:
        refuse("aggregation.perSeriesAligner: only DELTA, SUM and RATE are served here.")
    return Plan(
        _period(aggregation.alignment_period.ToTimedelta().total_seconds(), native),
        rate=aligner == _ALIGNER.ALIGN_RATE,
        reduce=reducer == _REDUCER.REDUCE_SUM,
        kept=tuple(path_of(name) for name in aggregation.group_by_fields),
    )


def _refuse_alone(aggregation: Proto, *, reduces: bool) -> None:
    if reduces or aggregation.HasField("alignment_period"):
        refuse("aggregation.perSeriesAligner: an alignment period or a reducer needs an aligner.")


def _period(period: float, native: float) -> float:
    if period < native - _EXACT:
        refuse(f"aggregation.alignmentPeriod: must be at least {native:g} seconds, got {period:g}.")
    multiple = round(period / native)
    if abs(period - multiple * native) > _EXACT:
        refuse(f"aggregation.alignmentPeriod: must be a multiple of {native:g} seconds.")
    return period


def aggregate(windows: Iterable[Window], plan: Plan, end: float) -> list[Window]:
    """Return the aggregated windows; alignment periods are counted back from `end`.

    A window belongs to the period in which it ends, and empty periods have no point.
    """
    found: dict[tuple[SeriesKey, float], Window] = {}
    for window in windows:
        placed = _reduced(_aligned(window, plan.period, end), plan)
        known = found.setdefault((placed.key, placed.end), replace(placed, sample=Sample()))
        known.sample.merge(placed.sample)
    return list(found.values())


def _aligned(window: Window, period: float, end: float) -> Window:
    if not period:
        return window
    back = math.floor((end - window.end) / period + _EXACT)
    upper = end - back * period
    return replace(window, start=upper - period, end=upper)


def _reduced(window: Window, plan: Plan) -> Window:
    if not plan.reduce:
        return window
    key = SeriesKey(
        _keep(window.key.metric, "metric", plan.kept),
        _keep(window.key.resource, "resource", plan.kept),
    )
    return replace(window, key=key)


def _keep(labels: Labels, side: str, kept: tuple[tuple[str, ...], ...]) -> Labels:
    """Keep the grouped labels; `project_id` always stays, as it names the answering project."""
    names = {path[2] for path in kept if path[0] == side and path[1] in {"label", "labels"}}
    return tuple(label for label in labels if label[0] in names | {"project_id"})
