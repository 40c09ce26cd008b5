"""How much better "the canary fails r times as often" explains one window than "it does not".

Counts of one window are negative binomial: Poisson arrivals whose rate differs from window to
window, by gamma noise of squared coefficient of variation `noise` that each revision has for
itself. The level q of the window is what both share, is unknown, and is integrated out: a shared
outage or a busy hour moves both counts and proves nothing.

    P(e | mean) ∝ mean^e / (k + mean)^(e + k),  k = 1 / noise
    ratio(r)    = ∫ prior(q) P(e_s | n_s q) P(e_c | n_c q r) dq
                / ∫ prior(q) P(e_s | n_s q) P(e_c | n_c q)   dq

The integral is a sum over a grid of three levels to the octave, on which every r is a shift.
Sources: Lindon and Malek, arXiv 2011.03567 (conditional tests of counts that stay valid however
often one looks); Cameron and Trivedi, Regression Analysis of Count Data, §3.3 (the distribution).
"""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

OCTAVE = 3
"""Grid levels to the doubling: fine enough for the narrowest likelihood, of noise 0.03."""
BELOW = 11
"""Grid levels below the base rate: down to a twelfth of it."""
SHIFTS = (3, 6, 12, 21)
RATIOS = tuple(2.0 ** (shift / OCTAVE) for shift in SHIFTS)
"""The alternatives: 2, 4, 16 and 128 times as many. What lies between is told by its neighbours,
and each further one would cost evidence against all others."""
CERTAIN = 0.999
LOWEST_RATE = 1e-6
STRONGEST = 1e60

NOISY = 0.25
"""Noise from which a window alone hardly tells its level."""
WILD = 2.0
"""Noise from which the latest windows do not tell it either."""
RARE = 0.3
"""Expected bad answers of stable in a window below which it hardly does either."""
SURE_NOISY, SURE_RARE, SURE_ALONE = 0.6, 0.3, 0.97
"""How much of the prior says "as lately" then, and where there is no stable at all; the rest, and
else everything, is nearly flat."""

_STEP = math.log(2.0) / OCTAVE
_LEVELS = 100
_TIMES = [2.0 ** ((level - BELOW) / OCTAVE) for level in range(_LEVELS)]
_FLAT = [math.exp(-abs(level - BELOW) * _STEP / 3.0) for level in range(_LEVELS)]
_PEAKED = [math.exp(-abs(level - BELOW) * _STEP / 1.5) for level in range(_LEVELS)]
_NARROW = [math.exp(-(((level - BELOW) * _STEP / 0.15) ** 2) / 2.0) for level in range(_LEVELS)]
_NARROW_SUM = sum(_NARROW)
_NEGLIGIBLE = 18.0
"""Nats below its peak at which stable's likelihood is cut off."""


class Tally(NamedTuple):
    """Bad answers among requests, of one revision in one window."""

    bad: int
    requests: int


class Level(NamedTuple):
    """What is known of a metric before a window is seen."""

    base: float
    """Bad answers per request."""
    noise: float
    worst: float
    """As bad as stable ever was in a window of its last day."""


def against_stable(canary: Tally, stable: Tally, level: Level, margin: float) -> list[float]:
    """Return the likelihood ratio of each of RATIOS; `margin` is the ratio that is still good."""
    base = max(LOWEST_RATE, level.base)
    first, last = _telling(stable, base, level.noise)
    sure = SURE_NOISY if NOISY <= level.noise <= WILD else 0.0
    if not sure and stable.requests * base < RARE:
        sure = SURE_RARE
    prior = _prior(_FLAT, sure, _top(base))[first:last]
    told = _shape(stable, _rates(base, first, last), level.noise)
    return _slid(list(map(mul, prior, told)), canary, (base, level.noise, margin, first))


def against_base(canary: Tally, level: Level, margin: float) -> list[float]:
    """Return the same where stable answers nothing: only the frozen base rate tells."""
    base = max(LOWEST_RATE, level.base)
    prior = _prior(_PEAKED, SURE_ALONE, _top(base))
    return _slid(prior, canary, (base, level.noise, margin, 0))


def _top(base: float) -> int:
    """Return the number of levels from a twelfth of the base rate to nearly every request."""
    return BELOW + math.ceil(OCTAVE * math.log2(CERTAIN / base)) + 1


def _telling(stable: Tally, base: float, noise: float) -> tuple[int, int]:
    """Return the first level, and the one after the last, at which stable's count is thinkable."""
    seen, k = stable.bad + 0.5, 1.0 / noise
    middle = BELOW + OCTAVE * math.log2(seen / stable.requests / base)
    reach = OCTAVE * math.sqrt(2.0 * _NEGLIGIBLE * (k + seen) / (k * seen)) / math.log(2.0)
    top = _top(base)
    last = min(top, math.ceil(middle + reach) + 1)
    first = max(0, math.floor(middle - reach)) if stable.bad else 0
    return min(first, top - 1), max(last, 1)


def _rates(base: float, first: int, last: int) -> list[float]:
    return [min(CERTAIN, base * times) for times in _TIMES[first:last]]


def _shape(tally: Tally, rates: Sequence[float], noise: float) -> list[float]:
    """Return the likelihood of a tally at each rate, relative to the best."""
    bad, requests = tally
    k, log, exp = 1.0 / noise, math.log, math.exp
    total = bad + k
    if bad:
        nats = [bad * log(rate) - total * log(k + requests * rate) for rate in rates]
    else:
        nats = [-k * log(k + requests * rate) for rate in rates]
    best = max(nats)
    return [exp(one - best) for one in nats]


def _prior(broad: list[float], sure: float, top: int) -> list[float]:
    flat = broad[:top]
    if not sure:
        return flat
    share, peak = (1.0 - sure) / sum(flat), sure / _NARROW_SUM
    return [share * one + peak * other for one, other in zip(flat, _NARROW, strict=False)]


def _slid(weights: list[float], canary: Tally, at: tuple[float, float, float, int]) -> list[float]:
    """Slide the canary's likelihood along the grid: a ratio is a shift of the level."""
    base, noise, margin, first = at
    levels = len(weights)
    eased = base * margin
    last = max(first + 1, min(first + levels + SHIFTS[-1], _top(eased)))
    rates = _rates(eased, first, last)
    likely = _shape(canary, rates, noise)
    likely += [likely[-1]] * (levels + SHIFTS[-1] - len(likely))
    usual = sum(map(mul, weights, likely))
    return [
        min(STRONGEST, sum(map(mul, weights, likely[shift:])) / max(usual, 1e-300))
        for shift in SHIFTS
    ]
