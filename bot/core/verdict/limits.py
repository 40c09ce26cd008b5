"""Absolute limits, for those who have promised some: more 5xx or slow answers than that is bad.

Evidence that the ratio lies above a limit: the likelihood of twice and four times the limit
against the limit itself, averaged, over the windows of the present split.
Source: Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 1945.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from bot.core.evidence import Evidence, Metric, VerdictConfig

BEYOND = (2.0, 4.0)
MOST = 0.99
"""A limit from there on is none: hardly anything is worse."""


class Beyond(NamedTuple):
    """How sure it is that the canary is beyond a limit."""

    odds: float
    metric: Metric
    limit: float


def beyond_limit(evidence: Evidence, config: VerdictConfig) -> Beyond | None:
    """Return the odds that the canary is beyond a limit, and which, once they are enough."""
    canary = evidence.canary
    limits = (
        (config.max_error_rate, canary.errors_5xx, Metric.ERRORS),
        (config.max_slow_rate, canary.slow, Metric.SLOW),
    )
    for limit, bad, metric in limits:
        if (
            0.0 < limit < MOST
            and (odds := _odds(bad, canary.requests, limit)) >= 1.0 / config.alpha
        ):
            return Beyond(odds, metric, limit)
    return None


def _odds(bad: int, requests: int, limit: float) -> float:
    ratios = []
    for times in BEYOND:
        rate = min(MOST, limit * times)
        nats = bad * math.log(rate / limit) + (requests - bad) * math.log((1 - rate) / (1 - limit))
        ratios.append(math.exp(min(200.0, nats)))
    return sum(ratios) / len(ratios)
