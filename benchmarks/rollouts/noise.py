"""How unsteady a revision's rates are: factors around 1, one per minute.

Each revision and each metric draws its own factors, so that canary and stable differ without any
fault: the hard part of judging a canary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Factors = NDArray[np.float64]


class Noise(Protocol):
    """A source of factors."""

    def factors(self, random: Generator, minutes: int) -> Factors:
        """Return one factor per minute, 1 on average."""


@dataclass(frozen=True)
class Steady:
    """No noise but that of counting."""

    def factors(self, random: Generator, minutes: int) -> Factors:
        """Return ones."""
        del random
        return np.ones(minutes)


@dataclass(frozen=True)
class PerMinute:
    """Gamma factors, independent from minute to minute."""

    cv2: float
    """Squared coefficient of variation: variance over squared mean."""

    def factors(self, random: Generator, minutes: int) -> Factors:
        """Return gamma factors of that dispersion."""
        return random.gamma(1 / self.cv2, self.cv2, minutes)


@dataclass(frozen=True)
class Spells:
    """Gamma factors that stay for a spell of 5 to 30 minutes."""

    cv2: float
    shortest: int = 5
    longest: int = 30

    def factors(self, random: Generator, minutes: int) -> Factors:
        """Return gamma factors, each repeated for its spell."""
        most = minutes // self.shortest + 2
        lengths = random.integers(self.shortest, self.longest + 1, most)
        lengths[0] = random.integers(1, lengths[0] + 1)  # the first spell is under way
        return np.repeat(random.gamma(1 / self.cv2, self.cv2, most), lengths)[:minutes]


@dataclass(frozen=True)
class Bursts:
    """Quiet but for bursts of 5 to 30 minutes in which everything fails several times as often."""

    times: float
    """How many times as often, within a burst."""
    gap: float = 240.0
    """Minutes from one burst to the next, on average."""

    def factors(self, random: Generator, minutes: int) -> Factors:
        """Return the factors, scaled so that their long-run mean is 1."""
        factors = np.ones(minutes)
        at = random.exponential(self.gap)
        while at < minutes:
            length = random.integers(5, 31)
            factors[int(at) : int(at) + length] = self.times
            at += length + random.exponential(self.gap)
        busy = 17.5 / (17.5 + self.gap)
        return factors / (1 + busy * (self.times - 1))
