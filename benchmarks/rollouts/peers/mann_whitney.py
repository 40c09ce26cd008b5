"""Kayenta's Mann-Whitney test, to the last digit.

Ported from the behaviour of kayenta-mannwhitney at a69573b (MannWhitney.scala, BrentSolver.java),
which follows R's wilcox.test. Its root finder stops at a tolerance of 1e-4 in the units of the
metric, and verdicts on zero-inflated data hang on exactly where it stops.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

TOLERANCE = 1e-4
EPSILON = 2.220446049250313e-16
MAX_ITERATIONS = 1001


class AllTiedError(ValueError):
    """Every observation is the same."""


class Samples:
    """Two samples, sorted, and their standardised rank sum at any shift between them."""

    def __init__(self, x: Values, y: Values) -> None:
        """`x` is what gets shifted."""
        self.x, self.y = np.sort(x), np.sort(y)
        self._apart = _tied(self.x) + _tied(self.y)

    def statistic(self, mu: float) -> float:
        """Return the rank sum of x - mu against y, with corrections for ties and steps.

        The rank sum is counted as pairs: those in which x - mu is above, ties half.
        """
        shifted = self.x - mu
        m, n = len(shifted), len(self.y)
        below = int(self.y.searchsorted(shifted, "left").sum())
        not_above = int(self.y.searchsorted(shifted, "right").sum())
        over = (below + not_above) / 2 - m * n / 2
        meeting = below != not_above
        ties = _tied(np.sort(np.concatenate((shifted, self.y)))) if meeting else self._apart
        sigma = math.sqrt(m * n / 12 * ((m + n + 1) - ties / ((m + n) * (m + n - 1))))
        if sigma == 0:
            raise AllTiedError
        step = math.copysign(0.5, over) if over else 0.0
        return (over - step) / sigma


def _tied(ordered: Values) -> float:
    """Return the sum over groups of equal values of size cubed less size."""
    ends = np.flatnonzero(ordered[1:] != ordered[:-1])
    sizes = np.diff(np.concatenate(([-1], ends, [len(ordered) - 1]))).astype(np.float64)
    return float((sizes**3 - sizes).sum())


class Shift:
    """By how much x lies above y: an interval and an estimate, each computed when asked for."""

    def __init__(self, x: Values, y: Values, confidence: float = 0.95) -> None:
        """`confidence` is that of the two-sided interval."""
        self._at = Samples(x, y).statistic
        self._least = float(x.min() - y.max())
        self._most = float(x.max() - y.min())
        self._ends = (self._at(self._least), self._at(self._most))
        self._quantile = NormalDist().inv_cdf((1 - confidence) / 2)

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return self._bound(-self._quantile)

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return self._bound(self._quantile)

    @property
    def estimate(self) -> float:
        """The shift at which x and y look most alike."""
        return self._root(0.0, *self._ends)

    def _bound(self, quantile: float) -> float:
        lower, upper = (end - quantile for end in self._ends)
        if lower <= 0:
            return self._least
        if upper >= 0:
            return self._most
        return self._root(quantile, lower, upper)

    def _root(self, quantile: float, lower: float, upper: float) -> float:
        ends = (self._least, self._most)
        return brent(ends, (lower, upper), lambda mu: self._at(mu) - quantile)


def brent(
    ends: tuple[float, float], values: tuple[float, float], function: Callable[[float], float]
) -> float:
    """Return where the function is zero, as Kayenta's BrentSolver finds it."""
    for end, value in zip(ends, values, strict=True):
        if value == 0:
            return end
    a, b = ends
    fa, fb = values
    c, fc = a, fa
    for _ in range(MAX_ITERATIONS):
        before = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        tolerance = 2 * EPSILON * abs(b) + TOLERANCE / 2
        step = (c - b) / 2
        if abs(step) <= tolerance or fb == 0:
            return b
        if abs(before) >= tolerance and abs(fa) > abs(fb):
            step = _interpolated((a, b, c), (fa, fb, fc), step, (before, tolerance))
        a, fa = b, fb
        b += math.copysign(max(abs(step), tolerance), step)
        fb = function(b)
        if fb * fc > 0:
            c, fc = a, fa
    return b


def _interpolated(
    points: tuple[float, float, float],
    values: tuple[float, float, float],
    bisection: float,
    limits: tuple[float, float],
) -> float:
    """Return the step of linear or inverse quadratic interpolation, if it is small enough."""
    a, b, c = points
    fa, fb, fc = values
    before, tolerance = limits
    width = c - b
    if a == c:
        t = fb / fa
        p, q = width * t, 1.0 - t
    else:
        q, t, u = fa / fc, fb / fc, fb / fa
        p = u * (width * q * (q - t) - (b - a) * (t - 1.0))
        q = (q - 1.0) * (t - 1.0) * (u - 1.0)
    p, q = (p, -q) if p > 0 else (-p, q)
    small = p < 0.75 * width * q - abs(tolerance * q) / 2 and p < abs(before * q / 2)
    return p / q if small else bisection
