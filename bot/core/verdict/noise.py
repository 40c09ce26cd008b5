"""What is known of a metric before a window is seen: how often it is bad, and how noisily.

Noise is how much a revision's bad ratio jumps from window to window by itself, beyond chance.
Yesterday tells (`past.py`), but a good canary must not pay for noise that yesterday did not show.
Stable's own consecutive windows show today's: given their sum, two neighbours are split
beta-binomially, whatever their level is. That is a likelihood of the noise alone.
Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, §6.2.2.
"""

from __future__ import annotations

from math import exp, lgamma, log
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.verdict.likelihood import NOISY, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.evidence import Past, Trace
    from bot.core.verdict.likelihood import Tally

NOISIER = (0.1, 0.25, 1.0, 4.0)
CLEARLY = 3.0
"""Nats by which today must be explained better than by yesterday's noise."""
JUMP = 0.02
"""How often the level itself jumps between two windows, as an outage begins or ends."""
UNEQUAL = 1.5
"""Neighbours whose requests differ by more are not compared: the traffic was split anew."""
FADE = 0.9
"""What a window still counts for in `recent` when the next one comes: ten windows together."""
WORTH_LATELY, LEAST_LATELY = 0.2, 5.0
"""What the base rate counts for beside them: a fifth, and at least five bad answers."""


def level_of(trace: Trace, past: Past) -> Level:
    """Return what is known of a metric: history starts it, concurrent stable soon outweighs it.

    Where windows alone hardly tell their level, because they are noisy, the latest ones do.
    """
    rate = (past.worth * past.rate + trace.stable_bad) / (past.worth + trace.stable)
    noise = _believed(trace, past)
    bad, requests = trace.recent
    if noise >= NOISY and requests:
        worth = max(WORTH_LATELY * requests, LEAST_LATELY / rate)
        rate = (worth * rate + bad) / (worth + requests)
    return Level(rate, noise, past.worst)


def heard(trace: Trace, stable: Tally, past: Past) -> Trace:
    """Return the trace with what stable's window says about stable itself."""
    bad, requests = trace.recent
    return replace(
        trace,
        noisier=_noisier(trace, stable, past.noise),
        last=(stable.bad, stable.requests),
        recent=(FADE * bad + stable.bad, FADE * requests + stable.requests),
    )


def lingering(ratios: Sequence[float], past: Past) -> Sequence[float]:
    """Return what a window adds where deviations last for several: each tells but its part."""
    if past.persistence == 1.0:
        return ratios
    return [ratio ** (1.0 / past.persistence) for ratio in ratios]


def _believed(trace: Trace, past: Past) -> float:
    """Return yesterday's noise, or more when today clearly shows more."""
    shown = max(trace.noisier)
    if shown < CLEARLY:
        return past.noise
    return max(past.noise, NOISIER[trace.noisier.index(shown)])


def _noisier(trace: Trace, stable: Tally, usual: float) -> tuple[float, ...]:
    """Return how much better each of NOISIER explains stable's windows so far than the usual."""
    before, exposed = trace.last
    total = before + stable.bad
    if not total or not stable.requests < UNEQUAL * exposed < UNEQUAL**2 * stable.requests:
        return trace.noisier
    at_usual = _explained(before, stable.bad, usual)
    return tuple(
        so_far + _explained(before, stable.bad, noise) - at_usual if noise > usual else 0.0
        for so_far, noise in zip(trace.noisier, NOISIER, strict=True)
    )


def _explained(one: int, other: int, noise: float) -> float:
    """Return the logarithm of the split's probability, a jump of the level not excluded."""
    k, total = 1.0 / noise, one + other
    ways = lgamma(total + 1) - lgamma(one + 1) - lgamma(other + 1)
    beta = lgamma(one + k) + lgamma(other + k) - lgamma(total + 2 * k)
    split = exp(ways + beta + lgamma(2 * k) - 2 * lgamma(k))
    return log((1.0 - JUMP) * split + JUMP / (total + 1))
