"""What every rule that steers a rollout looks like to the benchmark, Spillway and peers alike.

A rule is told once per minute what became visible, and says what percentage of the traffic the
canary shall have from the next minute on. Time is nothing but the number of calls: minute n runs
at the weight that stood after n calls, and the n-th call with data is minute n.

When metrics come back after an outage, everything shows that was missed. A rule that can take more
than one minute at a time is told the older ones by `also`; others get on with one a minute, late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from bot.core.evidence import Counts, Outcome

History = Sequence[Counts]
"""Stable's one-minute counts of the day before, oldest first."""


class Rule(Protocol):
    """Steers one rollout."""

    @property
    def weight(self) -> int:
        """The canary's share of the traffic from the next minute on, 0 to 100."""

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        """Take in one minute's counts, None when nothing is visible yet; tell how it ended."""


@runtime_checkable
class CatchesUp(Protocol):
    """A rule that can be told what it missed."""

    def also(self, canary: Counts | None, stable: Counts | None) -> None:
        """Take in a minute that shows together with a newer one: it counts as a call with data."""


MakeRule = Callable[[History], Rule]
"""Begins a rollout of a service with that history."""
