"""The lane for failures that cannot wait: half of all requests, from the very first window.

It asks another question than the rest: not "more often than stable?" but "far beyond anything that
cold starts, yesterday's worst window or stable's present trouble explain?". So it needs no grace
after a start, and its answer to "no" is seven percentage points wide. A run of windows is added
up for as long as it looks bad, and begun anew when one window alone looks worse (CUSUM: Page,
Biometrika 41, 1954).
"""

from __future__ import annotations

from math import lgamma, log
from typing import TYPE_CHECKING

from bot.core.evidence import Excursion, Sums

if TYPE_CHECKING:
    from bot.core.evidence import History
    from bot.core.verdict.likelihood import Level, Tally

TOLERATED = 0.07
"""What a good canary may fail beyond stable while it starts."""
THIN, TOLERATED_THIN = 30.0, 0.02
"""Requests of stable in a window below which so few of them come while instances start cold that
less has to be tolerated."""
MOST_TOLERATED = 0.9
GREAT = 0.3
SURE = 0.45
MOST = 0.97
CERTAIN = 1.0 - 1e-9
"""Where stable fails everything, one good answer of it must not be impossible."""
RARELY_MOST = log(0.25)
"""Belief beforehand that a broken canary fails nearly all of its requests, in nats."""
CALM = 0.03
LOUDEST = 4.0


def tolerance(history: History) -> float:
    """Return what a good canary may fail beyond stable, of a service with that history."""
    return TOLERATED_THIN if 0.0 < history.requests < THIN else TOLERATED


def extended(
    so_far: Excursion, sides: tuple[Tally, Tally], level: Level, spare: float
) -> Excursion:
    """Return the excursion with one more window, begun anew or ended where that says more."""
    canary, stable = sides
    window = Sums(canary.bad, canary.requests, stable.bad, stable.requests)
    alone = nats(window, level, spare)
    joined = _sum(so_far.sums, window)
    together = min(nats(joined, level, spare), so_far.nats + alone)
    if together <= max(0.0, alone):
        joined, together = window, alone
    return Excursion(joined, together) if together > 0.0 else Excursion()


def alone(so_far: Excursion, canary: Tally, level: Level, spare: float) -> Excursion:
    """Return the excursion of a canary that has all the traffic: windows are simply added up."""
    window = Sums(canary.bad, canary.requests)
    total = so_far.nats + nats(window, level, spare)
    return Excursion(window, total) if total > 0.0 else Excursion()


def nats(sums: Sums, level: Level, spare: float) -> float:
    """Return ln P(a catastrophe)/P(the worst that is tolerated) of these sums.

    The smallest of three: binomial, negative binomial with the noise that so high a ratio may have
    where noise belongs to the base rate, and against an outage of both that has hit the canary's
    requests only, by chance.
    """
    bad, good = sums.canary_bad, sums.canary - sums.canary_bad
    pooled = (sums.stable_bad + 5.0 * level.base) / (sums.stable + 5.0)
    usual = min(CERTAIN, max(level.base, pooled))
    tolerated = min(MOST_TOLERATED, max(usual + spare, 1.2 * level.worst + 0.02))
    great = min(MOST, tolerated + max(GREAT, SURE - tolerated))
    binomial = bad * log(great / tolerated) + good * log((1.0 - great) / (1.0 - tolerated))
    if binomial < 0.0:
        return binomial
    k = 1.0 / (CALM + min(LOUDEST, level.noise) * (usual / tolerated) ** 2)
    noisy = bad * log(great / tolerated) - (bad + k) * log(
        (k + sums.canary * great) / (k + sums.canary * tolerated)
    )
    if not sums.stable:
        return min(binomial, noisy)
    return min(binomial, noisy, _unshared(sums, great, usual))


def _unshared(sums: Sums, great: float, usual: float) -> float:
    """Return the same against an outage of both, whatever part of the requests it makes fail."""
    bad, good = sums.canary_bad, sums.canary - sums.canary_bad
    fine = sums.stable - sums.stable_bad
    apart = max(_nats(bad, good, great), _nats(bad, good, MOST) + RARELY_MOST)
    both = lgamma(bad + sums.stable_bad + 1.0) + lgamma(good + fine + 1.0)
    both -= lgamma(sums.canary + sums.stable + 2.0)
    return apart + _nats(sums.stable_bad, fine, usual) - both


def _nats(bad: int, good: int, rate: float) -> float:
    return bad * log(rate) + good * log(1.0 - rate)


def _sum(one: Sums, other: Sums) -> Sums:
    return Sums(
        one.canary_bad + other.canary_bad,
        one.canary + other.canary,
        one.stable_bad + other.stable_bad,
        one.stable + other.stable,
    )
