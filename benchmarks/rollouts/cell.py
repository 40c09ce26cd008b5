"""What became of one rule in one scenario, over all repetitions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from benchmarks.rollouts.interval import interval
from benchmarks.rollouts.play import LAG
from bot.core.evidence import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rollouts.play import Played

FIRST_SIGHT = LAG + 1
"""Minutes after which the first window of a rollout can be seen."""


class Spread(Struct, frozen=True):
    """Middle and tail of a number over the repetitions."""

    median: float
    p90: float
    p99: float


class Cell(Struct, frozen=True, kw_only=True):
    """One rule in one scenario."""

    rule: str
    scenario: str
    reps: int
    rolled_back: int
    stuck: int
    """Neither at 100 % nor back within the horizon."""
    returned: int
    """Repetitions in which the share went down without a rollback."""
    harm: Spread
    """Requests that went wrong because of the fault, over all repetitions, caught or not."""
    back: Spread | None
    """Minutes to the rollback, of those rolled back."""
    full: Spread | None
    """Minutes to 100 %, of those not rolled back."""
    at_once: float
    """Share of the repetitions rolled back within one window of the first that can be seen."""

    @property
    def share(self) -> float:
        """The share of repetitions that were rolled back."""
        return self.rolled_back / self.reps

    @property
    def bounds(self) -> tuple[float, float]:
        """The 99 % interval of that share."""
        return interval(self.rolled_back, self.reps)


def cell(rule: str, scenario: str, plays: Sequence[Played]) -> Cell:
    """Return the sum of the repetitions."""
    back = [one.ended for one in plays if one.outcome is Outcome.ROLLED_BACK]
    full = [one.full for one in plays if one.full is not None]
    soon = sum(minutes <= FIRST_SIGHT + 1 for minutes in back)
    return Cell(
        rule=rule,
        scenario=scenario,
        reps=len(plays),
        rolled_back=len(back),
        stuck=sum(one.outcome is None for one in plays),
        returned=sum(one.returns > 0 for one in plays),
        harm=_spread([one.harm for one in plays]),
        back=_spread(back) if back else None,
        full=_spread(full) if full else None,
        at_once=soon / len(plays),
    )


def _spread(values: Sequence[float]) -> Spread:
    ordered = sorted(values)
    return Spread(*(_quantile(ordered, part) for part in (0.5, 0.9, 0.99)))


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Return the least value that so many of all do not exceed."""
    return round(float(ordered[max(0, math.ceil(part * len(ordered)) - 1)]), 3)
