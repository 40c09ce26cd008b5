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


def statistic(mu: float, x: Values, y: Values) -> float:
    """Return the standardised rank sum of x - mu against y, with corrections for ties and steps.

    Both are sorted. The rank sum is counted as pairs: those in which x - mu is above, ties half.
    """
    shifted = x - mu
    m, n = len(x), len(y)
    below = int(y.searchsorted(shifted, "left").sum()) + int(y.searchsorted(shifted, "right").sum())
    over = below / 2 - m * n / 2
    ties = _tied(np.concatenate((shifted, y))) / ((m + n) * (m + n - 1))
    sigma = math.sqrt(m * n / 12 * ((m + n + 1) - ties))
    if sigma == 0:
        raise AllTiedError
    step = math.copysign(0.5, over) if over else 0.0
    return (over - step) / sigma


def _tied(pooled: Values) -> float:
    """Return the sum over groups of equal values of size cubed less size."""
    pooled.sort()
    ends = np.flatnonzero(pooled[1:] != pooled[:-1])
    if len(ends) == len(pooled) - 1:
        return 0.0
    sizes = np.diff(np.concatenate(([-1], ends, [len(pooled) - 1]))).astype(np.float64)
    return float((sizes**3 - sizes).sum())


class Shift:
    """By how much x lies above y: an interval and an estimate, each computed when asked for."""

    def __init__(self, x: Values, y: Values, confidence: float = 0.95) -> None:
        """`confidence` is that of the two-sided interval."""
        self._x, self._y = np.sort(x), np.sort(y)
        self._least = float(self._x[0] - self._y[-1])
        self._most = float(self._x[-1] - self._y[0])
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

    def _at(self, mu: float) -> float:
        return statistic(mu, self._x, self._y)

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
