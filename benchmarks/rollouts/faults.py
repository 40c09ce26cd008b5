"""What is wrong with a canary, as a function of the moment.

A fault gives how much more likely a request of the canary is to fail, or to be slow, than one of
stable. Faults may depend on the clock, on the canary's share and on how long it has had it all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

FULL_LOAD = 90
"""Percent of the traffic from which a load-dependent fault shows."""


class Moment(NamedTuple):
    """One minute of a rollout."""

    minute: int
    """Since the first traffic on the canary."""
    share: int
    """The canary's percentage."""
    since_full: int | None
    """Minutes since it first had 100 %; None before."""


class Extra(NamedTuple):
    """Added probabilities."""

    errors: float = 0.0
    slow: float = 0.0


class Fault(Protocol):
    """Something that makes a canary worse than stable."""

    def adds(self, moment: Moment) -> Extra:
        """Return what it adds to the probability of failing and of being slow."""


@dataclass(frozen=True)
class Sound:
    """Nothing is wrong."""

    def adds(self, moment: Moment) -> Extra:
        """Return nothing."""
        del moment
        return Extra()


@dataclass(frozen=True)
class Broken:
    """Wrong from the first request on."""

    errors: float = 0.0
    slow: float = 0.0

    def adds(self, moment: Moment) -> Extra:
        """Return the same at every moment."""
        del moment
        return Extra(self.errors, self.slow)


@dataclass(frozen=True)
class Leak:
    """Errors that grow in a straight line."""

    errors: float
    """The most there are, once it is over."""
    over: int
    """Minutes."""
    start: int
    """Minute."""

    def adds(self, moment: Moment) -> Extra:
        """Return the present height of the line."""
        grown = (moment.minute - self.start) / self.over
        return Extra(self.errors * min(1.0, max(0.0, grown)))


@dataclass(frozen=True)
class UnderLoad:
    """Errors that only a canary with nearly all of the traffic shows."""

    errors: float

    def adds(self, moment: Moment) -> Extra:
        """Return the errors while the share is that high."""
        return Extra(self.errors if moment.share >= FULL_LOAD else 0.0)


@dataclass(frozen=True)
class Late:
    """Errors that begin some minutes after the canary got all of the traffic."""

    errors: float
    after: int = 20

    def adds(self, moment: Moment) -> Extra:
        """Return the errors from then on."""
        begun = moment.since_full is not None and moment.since_full >= self.after
        return Extra(self.errors if begun else 0.0)


@dataclass(frozen=True)
class ColdStart:
    """Errors of a good release's first minutes, while its instances warm up."""

    errors: float
    minutes: int = 3

    def adds(self, moment: Moment) -> Extra:
        """Return the errors of the first minutes."""
        return Extra(self.errors if moment.minute < self.minutes else 0.0)
