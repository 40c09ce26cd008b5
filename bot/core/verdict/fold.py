"""One more window: the evidence is a fold over complete windows, and nothing is taken out again.

Per metric and alternative it keeps a likelihood ratio, averaged over when the trouble began:
S ← (S + w) · ratio, with weights w that add up to at most 1. Its expectation under a good canary
stays at most 1 at every look, so by Ville's inequality it exceeds 1/alpha with a probability of at
most alpha, however often one looks. Source: Ramdas, Grünwald, Vovk and Shafer, "Game-theoretic
statistics and safe anytime-valid inference", Statistical Science 38 (2023).

Next: bot/core/verdict/reading.py
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.evidence import (
    Counts,
    Evidence,
    Excursion,
    Lull,
    Metric,
    Trace,
    VerdictConfig,
    Window,
)
from bot.core.verdict import arrival, catastrophe, silence
from bot.core.verdict.likelihood import Tally, against_base, against_stable
from bot.core.verdict.miscounts import strange
from bot.core.verdict.noise import heard, level_of, lingering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.evidence import Past

FULL = 100
WARM_UP = 3
"""Windows after the first request that only the catastrophe lane looks at: instances start cold."""
STEP_UP = 2
"""The same after each step up: further instances start cold."""
AT_FIRST, PER_STEP, PER_WINDOW, WINDOWS = 0.50, 0.04, 0.12 / 300, 300
"""Belief beforehand that the trouble begins with the first judged window, with a step, with any
other window of the first so many."""
RESPLIT = (0.10, 0.04, 0.04)
"""The same for the first windows in which stable is asked again."""
WATCH_FIRST, WATCH_LATER = 0.40, 0.01
"""The same at 100 %. These add up to more than 1 in time: an alarm there only asks stable."""
MARGINS = {Metric.ERRORS: 1.0, Metric.SLOW: 1.0, Metric.REJECTED: 1.5, Metric.LOGGED: 2.0}
"""How many times as often as stable a good canary may do it: 4xx are clients' doing in part, and a
release may log what the one before kept to itself."""
ALONE = 1.4
"""What the level may have risen by since stable was last seen, and once more per alarm."""
OUTLIER = 3.0
"""Bad answers beyond so many times the base rate do not move the base rate: they are an outage."""
MOST = 1e100


def update(evidence: Evidence, window: Window, config: VerdictConfig) -> Evidence:
    """Return the evidence with one more window; the first complete value of a window stands.

    Late and doubled windows change nothing; counts that cannot be are remembered as `strange`, and
    the window is waited for.
    """
    if evidence.until and window.start < evidence.until:
        return evidence
    if impossible := strange(window.canary) or strange(window.stable):
        return replace(evidence, strange=impossible)
    if window.share != evidence.share:
        evidence = _at_share(evidence, window.share)
    canary, stable = window.canary or Counts(), window.stable or Counts()
    traces = {
        metric: _traced(evidence, metric, (canary, stable), config.history.past(metric))
        for metric in config.metrics
    }
    return replace(
        _counted(evidence, canary, stable),
        excursion=_excursion(evidence, canary, stable, config),
        solo=_solo(evidence, canary, stable, config),
        traces=traces,
        lull=silence.lull(evidence, canary, config.history),
        unmet=_unmet(evidence, canary, stable),
        blank=evidence.blank + arrival.blank(window, config.history.due),
        idle=0 if canary.requests or stable.requests else evidence.idle + 1,
        until=window.end,
        strange="",
    )


def _at_share(evidence: Evidence, share: int) -> Evidence:
    """Return the evidence as a new split begins: what is counted per split starts anew."""
    resplit = share < evidence.share == FULL
    traces = {m: replace(t, watch=Trace().watch) for m, t in evidence.traces.items()}
    return replace(
        evidence,
        share=share,
        former=evidence.share,
        risen=share > evidence.share,
        windows=0,
        blank=0,
        steps=evidence.steps + 1,
        compared=0 if resplit else evidence.compared,
        watched=0,
        alarms=evidence.alarms + resplit,
        canary=Counts(),
        stable=Counts(),
        traces=traces,
        excursion=evidence.excursion if share > evidence.share else Excursion(),
        solo=Excursion(),
        lull=Lull(),
        unmet=0.0,
    )


def _counted(evidence: Evidence, canary: Counts, stable: Counts) -> Evidence:
    compared, judged = stable.requests > 0, _judged(evidence)
    return replace(
        evidence,
        windows=evidence.windows + 1,
        seen=evidence.seen + 1,
        judged=evidence.judged + (judged and compared),
        steps=0 if judged and compared else evidence.steps,
        compared=evidence.compared + (judged and compared and evidence.alarms > 0),
        watched=evidence.watched + (judged and not compared),
        canary=_sum(evidence.canary, canary),
        stable=_sum(evidence.stable, stable),
        canary_total=_sum(evidence.canary_total, canary) if compared else evidence.canary_total,
        stable_total=_sum(evidence.stable_total, stable),
    )


def _unmet(evidence: Evidence, canary: Counts, stable: Counts) -> float:
    """Return how many requests stable must have had since its last one, by the canary's count."""
    if stable.requests:
        return 0.0
    return evidence.unmet + canary.requests * (FULL - evidence.share) / max(1, evidence.share)


def _judged(evidence: Evidence) -> bool:
    """Tell whether the next window is judged by more than the catastrophe lane."""
    first = evidence.seen == evidence.windows
    grace = WARM_UP if first else STEP_UP if evidence.risen else 0
    return evidence.windows >= grace


def _excursion(
    evidence: Evidence, canary: Counts, stable: Counts, config: VerdictConfig
) -> Excursion:
    if not stable.requests:
        return evidence.excursion
    level = level_of(_trace(evidence, Metric.ERRORS), config.history.past(Metric.ERRORS))
    sides = _tally(canary, Metric.ERRORS), _tally(stable, Metric.ERRORS)
    spare = catastrophe.tolerance(config.history)
    return catastrophe.extended(evidence.excursion, sides, level, spare)


def _solo(evidence: Evidence, canary: Counts, stable: Counts, config: VerdictConfig) -> Excursion:
    if stable.requests:
        return evidence.solo
    level = level_of(_trace(evidence, Metric.ERRORS), config.history.past(Metric.ERRORS))
    spare = catastrophe.tolerance(config.history)
    return catastrophe.alone(evidence.solo, _tally(canary, Metric.ERRORS), level, spare)


def _traced(
    evidence: Evidence, metric: Metric, counted: tuple[Counts, Counts], past: Past
) -> Trace:
    canary, stable = (_tally(counts, metric) for counts in counted)
    trace = _trace(evidence, metric)
    if stable.requests:
        trace = heard(trace, stable, past)
    if not _judged(evidence):
        return trace
    if stable.requests:
        return _compared(evidence, trace, (canary, stable), (past, MARGINS[metric]))
    margin = MARGINS[metric] * ALONE ** (1 + evidence.alarms)
    ratios = lingering(against_base(canary, level_of(trace, past), margin), past)
    weight = WATCH_LATER if evidence.watched else WATCH_FIRST
    return replace(trace, watch=_grown(trace.watch, weight, ratios))


def _compared(
    evidence: Evidence, trace: Trace, sides: tuple[Tally, Tally], known: tuple[Past, float]
) -> Trace:
    (canary, stable), (past, margin) = sides, known
    level = level_of(trace, past)
    ratios = lingering(against_stable(canary, stable, level, margin), past)
    nats = [math.log(max(1.0, ratio)) for ratio in ratios]
    best = tuple(map(max, trace.best, nats))
    runner_up = map(min, trace.best, nats)
    usual = OUTLIER * (stable.requests * level.base + 1.0)
    return replace(
        trace,
        ramp=_grown(trace.ramp, _weight(evidence), ratios),
        best=best,
        second=tuple(map(max, trace.second, runner_up)),
        stable=trace.stable + stable.requests,
        stable_bad=trace.stable_bad + min(stable.bad, usual),
    )


def _weight(evidence: Evidence) -> float:
    """Return the belief beforehand that the trouble begins with this window."""
    weight = PER_WINDOW if evidence.judged < WINDOWS else 0.0
    weight += PER_STEP * evidence.steps if evidence.judged else AT_FIRST
    if evidence.alarms and evidence.compared < len(RESPLIT):
        weight += RESPLIT[evidence.compared]
    return weight


def _grown(so_far: tuple[float, ...], weight: float, ratios: Sequence[float]) -> tuple[float, ...]:
    return tuple(
        min(MOST, (grown + weight) * ratio) for grown, ratio in zip(so_far, ratios, strict=True)
    )


def _trace(evidence: Evidence, metric: Metric) -> Trace:
    return evidence.traces.get(metric) or Trace()


def _tally(counts: Counts, metric: Metric) -> Tally:
    return Tally(getattr(counts, metric.value), counts.requests)


def _sum(total: Counts, more: Counts) -> Counts:
    return Counts(
        total.requests + more.requests,
        total.errors_5xx + more.errors_5xx,
        total.errors_4xx + more.errors_4xx,
        total.slow + more.slow,
        total.logged + more.logged,
    )
