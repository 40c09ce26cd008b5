"""How far a counted percentage can be trusted: the exact interval of Clopper and Pearson (1934)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIDENCE = 0.99
STEPS = 60
"""Halvings: enough for every digit of a double."""


def interval(hits: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the two-sided interval of a probability after that many hits."""
    tail = (1 - confidence) / 2
    low = _solve(lambda p: at_least(hits, of, p) - tail) if hits else 0.0
    high = _solve(lambda p: tail - at_most(hits, of, p)) if hits < of else 1.0
    return low, high


def at_most(hits: int, of: int, probability: float) -> float:
    """Return the binomial probability of so many hits or fewer."""
    return math.fsum(_term(count, of, probability) for count in range(hits + 1))


def at_least(hits: int, of: int, probability: float) -> float:
    """Return the binomial probability of so many hits or more."""
    return math.fsum(_term(count, of, probability) for count in range(hits, of + 1))


def _term(hits: int, of: int, probability: float) -> float:
    if probability in (0.0, 1.0):
        return float(hits == of * probability)
    ways = math.lgamma(of + 1) - math.lgamma(hits + 1) - math.lgamma(of - hits + 1)
    return math.exp(ways + hits * math.log(probability) + (of - hits) * math.log1p(-probability))


def _solve(rising: Callable[[float], float]) -> float:
    """Return where a function that rises over [0, 1] crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low
