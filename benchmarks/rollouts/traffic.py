"""How many requests arrive, and how they stick: what the world is like apart from any canary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

DAY = 1440
"""Minutes."""


class Load(Protocol):
    """How busy a service is, as a factor on its usual rate."""

    def factors(self, minutes: NDArray[np.int64], turn: float) -> NDArray[np.float64]:
        """Return the factor of each minute; `turn` in [0, 1) says when in its day it starts."""


@dataclass(frozen=True)
class Even:
    """The same at all hours."""

    def factors(self, minutes: NDArray[np.int64], turn: float) -> NDArray[np.float64]:
        """Return ones."""
        del turn
        return np.ones(len(minutes))


@dataclass(frozen=True)
class Diurnal:
    """A busy day and a quiet night."""

    swing: float = 0.6

    def factors(self, minutes: NDArray[np.int64], turn: float) -> NDArray[np.float64]:
        """Return a sine over the day."""
        angles = 2 * math.pi * (minutes / DAY + turn)
        return 1 + self.swing * np.sin(angles)


@dataclass(frozen=True)
class Ceasing:
    """As usual until a minute, then no request any more."""

    at: int

    def factors(self, minutes: NDArray[np.int64], turn: float) -> NDArray[np.float64]:
        """Return ones, and zeros from that minute on."""
        del turn
        return np.where(minutes < self.at, 1.0, 0.0)


@dataclass(frozen=True)
class Outage:
    """A dependency that both revisions share fails for some minutes."""

    minutes: int = 5
    errors: float = 0.3
    start: int | None = None
    """Minute of the rollout."""
    after_full: int | None = None
    """Or: minutes after the canary first had 100 %."""

    def failing(self, minute: int, since_full: int | None) -> bool:
        """Tell whether it fails at that minute."""
        if self.start is not None and self.start <= minute < self.start + self.minutes:
            return True
        if self.after_full is None or since_full is None:
            return False
        return self.after_full <= since_full < self.after_full + self.minutes


class Clients:
    """Sticky clients of one revision, a few of which fail more often than others.

    Half of all errors come from clients that stay for some minutes on the revision that they met
    first. So errors come in clumps, and a change of the split reaches only new clients at once.
    """

    STAY = 5.0
    """Minutes on average."""
    FAILS = 0.6
    """Failed requests of such a client in a minute, on average."""

    def __init__(self, random: Generator, errors: float, share: float) -> None:
        """`errors` per minute come from such clients when the revision has all of the traffic."""
        self._random = random
        self._coming = errors / self.FAILS / self.STAY
        self._here = int(random.poisson(self._coming * self.STAY * share))

    def minute(self, share: float) -> int:
        """Return the failed requests of one minute at that share of new clients."""
        failed = int(self._random.poisson(self.FAILS * self._here)) if self._here else 0
        stay = int(self._random.binomial(self._here, 1 - 1 / self.STAY)) if self._here else 0
        self._here = stay + int(self._random.poisson(self._coming * share))
        return failed
