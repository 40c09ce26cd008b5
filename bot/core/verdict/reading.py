"""What the evidence says: one number against the canary, and the numbers that people read.

Next: bot/engine/tell.py
"""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.evidence import Evidence, Finding, Metric, Trace, Verdict, VerdictConfig
from bot.core.verdict.limits import beyond_limit
from bot.core.verdict.silence import mute, mute_alone
from bot.core.verdict.words import told, unanswered, untold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BELIEF = (0.4, 0.3, 0.2, 0.1)
"""Weight of each alternative of `likelihood.RATIOS`: small regressions are the common ones."""
VOICE = {Metric.ERRORS: 0.62, Metric.SLOW: 0.33, Metric.REJECTED: 0.05}
"""Weight of each metric. An average of evidence is evidence, whatever depends on whatever."""
VOICE_WITH_LOGS = {
    Metric.ERRORS: 0.55,
    Metric.SLOW: 0.28,
    Metric.REJECTED: 0.05,
    Metric.LOGGED: 0.12,
}
"""The same where ERROR lines count too."""
UNDECIDED = 1.5
"""Odds from which traffic does not grow."""
BREWING = 1.0
"""Nats of a catastrophe from which traffic does not grow either."""
ALARM = 20.0
"""Odds at 100 % from which stable is asked again: that harms nobody, so they may be low."""
BROKEN_ALONE = math.log(100.0)


def read(evidence: Evidence, config: VerdictConfig) -> Verdict:
    """Return what follows from the evidence, with the numbers behind it."""
    by_metric = {metric: _odds(evidence, metric, _ramp, config) for metric in config.metrics}
    odds, loudest = sum(by_metric.values()), max(by_metric, key=lambda one: by_metric[one])
    broken = math.exp(min(evidence.excursion.nats, 200.0))
    if odds >= 1.0 / config.alpha and _guarded(evidence, config) >= config.guard:
        return told(evidence, Finding.WORSE, odds, loudest)
    if broken >= 1.0 / config.alpha:
        return told(evidence, Finding.BROKEN, broken, Metric.ERRORS)
    if otherwise := _otherwise(evidence, config):
        return otherwise
    if alarm := _alarmed(evidence, config, loudest):
        return alarm
    if evidence.excursion.nats >= BREWING:
        return told(evidence, Finding.BREWING, max(odds, broken), Metric.ERRORS)
    finding = Finding.UNDECIDED if odds >= UNDECIDED else Finding.CLEAR
    return told(evidence, finding, odds, loudest)


def _otherwise(evidence: Evidence, config: VerdictConfig) -> Verdict | None:
    """Return what condemns without any comparison of failures: a limit, or silence."""
    if beyond := beyond_limit(evidence, config):
        worse = told(evidence, Finding.WORSE, beyond.odds, beyond.metric)
        return replace(worse, limit=beyond.limit)
    silence = 0.0 if config.affine else mute(evidence, config.history)
    return untold(evidence, silence) if silence else None


def _alarmed(evidence: Evidence, config: VerdictConfig, loudest: Metric) -> Verdict | None:
    """Return why stable is to be asked again, where it has no traffic any more."""
    heard = (one for one in config.metrics if _heard_alone(one, config))
    alarm = sum(_odds(evidence, one, _watch, config) for one in heard)
    if alarm >= ALARM or evidence.solo.nats >= BROKEN_ALONE:
        alone = math.exp(min(200.0, evidence.solo.nats))
        return told(evidence, Finding.ALARMED, max(alarm, alone), loudest)
    silence = 0.0 if config.affine else mute_alone(evidence, config.history)
    return unanswered(evidence, silence) if silence else None


def _heard_alone(metric: Metric, config: VerdictConfig) -> bool:
    """Tell whether a metric may give an alarm: latencies differ for many reasons of their own."""
    return metric is Metric.ERRORS or config.history.past(metric).measured


def _guarded(evidence: Evidence, config: VerdictConfig) -> float:
    """Return the odds without the two loudest windows, or spells of them where noise lasts."""
    return sum(
        _odds(evidence, one, _without_loudest(config.history.past(one).persistence), config)
        for one in config.metrics
    )


def _odds(
    evidence: Evidence,
    metric: Metric,
    side: Callable[[Trace], Iterable[float]],
    config: VerdictConfig,
) -> float:
    trace = evidence.traces.get(metric)
    if not trace:
        return 0.0
    voices = VOICE_WITH_LOGS if config.error_logs else VOICE
    believed: float = sum(map(mul, BELIEF, side(trace)))
    return voices[metric] * believed


def _ramp(trace: Trace) -> Iterable[float]:
    return trace.ramp


def _watch(trace: Trace) -> Iterable[float]:
    return trace.watch


def _without_loudest(windows: float) -> Callable[[Trace], Iterable[float]]:
    def left(trace: Trace) -> Iterable[float]:
        for grown, best, second in zip(trace.ramp, trace.best, trace.second, strict=True):
            yield grown * math.exp(-windows * (best + second))

    return left
