"""What stable's last day says about tomorrow's windows: how often, how noisy, how bad at worst.

Only the noise is trusted as it stands. The level of a window comes from the stable revision that
runs beside the canary; history only starts it off, for `worth` requests.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from bot.core.evidence import Counts, History, Metric, Past
from bot.core.verdict.miscounts import strange

if TYPE_CHECKING:
    from collections.abc import Sequence

UNMEASURABLE = 1.0
"""Noise to assume where a day cannot tell: windows then differ by a factor of e."""
LEAST_NOISE = 0.03
MOST_NOISE = 4.0
MOST_WORST = 0.35
BLOCK = 30
"""Windows of a block: what lasts longer than that is the day's tide."""
LATELY = 10
"""Windows that tell the traffic of a revision which had less of it for most of its short life."""
HOUR, FULL_DAY = 60, 1440
"""Windows that tell what to expect of the next ones: the last so many, and as many a day ago."""
ENOUGH = 20
"""Requests below which a window's ratio says nothing."""


def summary(day: Sequence[Counts]) -> History:
    """Return a day of stable's windows in short.

    Windows without a series count as no traffic, and so do those whose counts cannot be.
    """
    day = [Counts() if strange(counts) else counts for counts in day]
    requests = _requests(day)
    if not requests:
        return History(windows=len(day))
    metrics = {metric: _past(day, metric, requests) for metric in Metric}
    lately = day[-LATELY:]
    usual = max(requests / len(day), _requests(lately) / len(lately))
    return History(windows=len(day), requests=usual, due=_due(day), metrics=metrics)


def _due(day: Sequence[Counts]) -> float:
    """Return what to expect of a window from now on: nights are quiet, and so are young days."""
    lately = day[-HOUR:]
    ago = day[: max(0, HOUR - (FULL_DAY - len(day)))]
    return max(_requests(lately) / len(lately), _requests(ago) / HOUR)


def _requests(windows: Sequence[Counts]) -> int:
    return sum(counts.requests for counts in windows)


def _past(day: Sequence[Counts], metric: Metric, requests: int) -> Past:
    pairs = [(counts.requests, getattr(counts, metric)) for counts in day if counts.requests]
    rate = (sum(bad for _, bad in pairs) + 0.5) / (requests + 1)
    mean = requests / len(day)
    beyond, doubt = _overdispersion(pairs, rate)
    noise = UNMEASURABLE
    if doubt <= 1.0:
        noise = max(LEAST_NOISE, min(MOST_NOISE, 1.3 * beyond + 2.0 * doubt))
    ratios = sorted(bad / number for number, bad in pairs if number >= ENOUGH)
    worst = ratios[-2] if len(ratios) > 1 else 0.0
    return Past(
        rate=rate,
        noise=noise,
        worth=min(requests, max(20.0 / rate, 30.0 * noise * mean)),
        worst=min(MOST_WORST, worst),
        measured=doubt <= 1.0,
        persistence=_persistence(pairs, rate, beyond) if beyond > 2.0 * doubt else 1.0,
    )


def _overdispersion(pairs: list[tuple[int, int]], rate: float) -> tuple[float, float]:
    """Return the squared coefficient of variation by moments, and its standard error."""
    expected = [number * rate for number, _ in pairs]
    squares = sum(mean * mean for mean in expected)
    beyond = sum((bad - mean) ** 2 - mean for (_, bad), mean in zip(pairs, expected, strict=True))
    error = sum(2.0 * mean * mean + mean for mean in expected) ** 0.5
    return beyond / squares, error / squares


def _persistence(pairs: list[tuple[int, int]], rate: float, beyond: float) -> float:
    """Return for how many windows a deviation lasts: the variance that is left in long blocks.

    Independent windows average out, so that their blocks differ less, by the number of windows.
    Blocks are compared with their neighbours, so that the tide of a day does not count; and both
    variances are relative to the same rate, so that a few high bursts weigh the same in both.
    """
    blocks = [
        (sum(n for n, _ in part), sum(bad for _, bad in part))
        for part in (pairs[at : at + BLOCK] for at in range(0, len(pairs) - BLOCK + 1, BLOCK))
    ]
    apart = [
        ((b / m - a / n) / rate) ** 2 - (1.0 / n + 1.0 / m) / rate
        for (n, a), (m, b) in pairwise(blocks)
    ]
    left = sum(apart) / (2.0 * len(apart)) if apart else 0.0
    return max(1.0, min(BLOCK, BLOCK * left / beyond))
