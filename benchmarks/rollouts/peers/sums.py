"""What a peer's metric query returns: sums over the newest minutes that can be seen."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from bot.core.evidence import Counts

NOTHING = Counts()
P99 = 0.01
"""A 99th percentile lies above a boundary when more than one request in a hundred does."""


class Total(NamedTuple):
    """Counts of several minutes together."""

    requests: int
    errors: int
    slow: int

    @property
    def failing(self) -> float | None:
        """The share of requests answered with 5xx, None without requests."""
        return self.errors / self.requests if self.requests else None

    @property
    def late(self) -> bool:
        """Whether the 99th percentile of the latency lies above the boundary."""
        return bool(self.requests) and self.slow / self.requests > P99


class Sums:
    """The newest minutes of one revision."""

    def __init__(self, minutes: int) -> None:
        """Remember that many minutes."""
        self._minutes = minutes
        self._counts: deque[Counts] = deque()
        self._total = Total(0, 0, 0)

    def add(self, counts: Counts | None) -> None:
        """Take in a minute; None when the revision has no series."""
        if len(self._counts) == self._minutes:
            self.age()
        self._counts.append(counts or NOTHING)
        self._change(self._counts[-1], 1)

    def age(self) -> None:
        """Forget the oldest minute: time passed, and nothing new came."""
        if self._counts:
            self._change(self._counts.popleft(), -1)

    def total(self) -> Total:
        """Return the sum."""
        return self._total

    def _change(self, by: Counts, sign: int) -> None:
        requests, errors, slow = self._total
        self._total = Total(
            requests + sign * by.requests, errors + sign * by.errors_5xx, slow + sign * by.slow
        )
