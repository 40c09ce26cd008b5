"""The lane for failures that cannot wait: half of all requests, from the very first window.

It asks another question than the rest: not "more often than stable?" but "far beyond anything that
cold starts, yesterday's worst window or stable's present trouble explain?". So it needs no grace
after a start, and its answer to "no" is seven percentage points wide. A run of windows is added
up for as long as it looks bad, and begun anew when one window alone looks worse (CUSUM: Page,
Biometrika 41, 1954).
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from bot.core.evidence import Excursion, Sums

if TYPE_CHECKING:
    from bot.core.verdict.likelihood import Level, Tally

TOLERATED = 0.07
"""What a good canary may fail beyond stable while it starts."""
MOST_TOLERATED = 0.9
GREAT = 0.3
SURE = 0.45
MOST = 0.97
CALM = 0.03
LOUDEST = 4.0


def extended(so_far: Excursion, canary: Tally, stable: Tally, level: Level) -> Excursion:
    """Return the excursion with one more window, begun anew or ended where that says more."""
    window = Sums(canary.bad, canary.requests, stable.bad, stable.requests)
    alone = nats(window, level)
    joined = _sum(so_far.sums, window)
    together = nats(joined, level)
    if together <= max(0.0, alone):
        joined, together = window, alone
    return Excursion(joined, together) if together > 0.0 else Excursion()


def alone(so_far: Excursion, canary: Tally, level: Level) -> Excursion:
    """Return the excursion of a canary that has all the traffic: windows are simply added up."""
    window = Sums(canary.bad, canary.requests)
    total = so_far.nats + nats(window, level)
    return Excursion(window, total) if total > 0.0 else Excursion()


def nats(sums: Sums, level: Level) -> float:
    """Return ln P(a catastrophe)/P(the worst that is tolerated) of these sums.

    The smaller of two: binomial, and negative binomial with the noise that so high a ratio may
    have where noise belongs to the base rate.
    """
    bad, good = sums.canary_bad, sums.canary - sums.canary_bad
    pooled = (sums.stable_bad + 5.0 * level.base) / (sums.stable + 5.0)
    usual = max(level.base, pooled)
    tolerated = min(MOST_TOLERATED, max(usual + TOLERATED, 1.2 * level.worst + 0.02))
    great = min(MOST, tolerated + max(GREAT, SURE - tolerated))
    binomial = bad * log(great / tolerated) + good * log((1.0 - great) / (1.0 - tolerated))
    if binomial < 0.0:
        return binomial
    k = 1.0 / (CALM + min(LOUDEST, level.noise) * (usual / tolerated) ** 2)
    noisy = bad * log(great / tolerated) - (bad + k) * log(
        (k + sums.canary * great) / (k + sums.canary * tolerated)
    )
    return min(binomial, noisy)


def _sum(one: Sums, other: Sums) -> Sums:
    return Sums(
        one.canary_bad + other.canary_bad,
        one.canary + other.canary,
        one.stable_bad + other.stable_bad,
        one.stable + other.stable,
    )
