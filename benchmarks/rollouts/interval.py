"""How far a counted percentage can be trusted: the exact interval of Clopper and Pearson (1934)."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

CONFIDENCE = 0.99
STEPS = 60
"""Halvings: enough for every digit of a double."""


@cache
def interval(hits: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the two-sided interval of a probability after that many hits."""
    tail = (1 - confidence) / 2
    low = _solve(lambda p: at_least(hits, of, p) - tail) if hits else 0.0
    high = _solve(lambda p: tail - at_most(hits, of, p)) if hits < of else 1.0
    return low, high


def at_most(hits: int, of: int, probability: float) -> float:
    """Return the binomial probability of so many hits or fewer."""
    return float(_terms(of, probability)[: hits + 1].sum())


def at_least(hits: int, of: int, probability: float) -> float:
    """Return the binomial probability of so many hits or more."""
    return float(_terms(of, probability)[hits:].sum())


def _terms(of: int, probability: float) -> NDArray[np.float64]:
    """Return the probability of each number of hits; `probability` lies within (0, 1)."""
    hits = np.arange(of + 1)
    logs = hits * math.log(probability) + (of - hits) * math.log1p(-probability)
    return np.exp(_ways(of) + logs)


@cache
def _ways(of: int) -> NDArray[np.float64]:
    """Return the logarithm of how many ways there are to each number of hits."""
    hits = np.arange(1, of + 1)
    return np.concatenate(([0.0], np.cumsum(np.log((of + 1 - hits) / hits))))


def _solve(rising: Callable[[float], float]) -> float:
    """Return where a function that rises over (0, 1) crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low
