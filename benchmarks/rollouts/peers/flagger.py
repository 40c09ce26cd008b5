"""fluxcd/flagger at 15bd6ad: thresholds per interval, failed checks counted over the rollout.

Its rule (pkg/controller/scheduler.go, scheduler_metrics.go): every interval, first roll back if
failed checks reached the threshold; then check the metrics. The first that fails ends the check
and adds one failed check, which no good check takes away again; a query without values fails too.
Else the weight grows by a step, and past the greatest weight everything is promoted in one go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.rollouts.peers.sums import Sums
from bot.core.evidence import Outcome

if TYPE_CHECKING:
    from benchmarks.rollouts.peers.sums import Total
    from bot.core.evidence import Counts


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The Canary resource; the values here are those of the documentation's tutorials."""

    interval: int = 1
    """Minutes."""
    threshold: int = 5
    step_weight: int = 10
    max_weight: int = 50
    over: int = 1
    """Minutes that a query sums up."""
    min_success: float = 99.0
    """Percent; 0 switches the check off."""
    latency: bool = True
    """Whether the 99th percentile is held below the boundary."""
    max_worse: float | None = None
    """A custom query: how many percentage points worse than the primary the canary may be."""
    idle: bool = False
    """Whether the custom query answers 0 where there are no requests (`or vector(0)`)."""


def passes(analysis: Analysis, canary: Total, primary: Total) -> bool:
    """Return whether one check passes."""
    if canary.failing is None:
        return analysis.idle
    if 100 * (1 - canary.failing) < analysis.min_success:
        return False
    if analysis.latency and canary.late:
        return False
    worse = 100 * (canary.failing - (primary.failing or 0.0))
    return analysis.max_worse is None or worse <= analysis.max_worse


class Flagger:
    """One rollout."""

    def __init__(self, analysis: Analysis) -> None:
        """Give the canary its first step."""
        self._analysis = analysis
        self.weight = analysis.step_weight
        self._canary = Sums(analysis.over)
        self._primary = Sums(analysis.over)
        self._minute = 0
        self._failed = 0
        self._begun = False

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        """Tick; in favour of flagger, checks begin only once there is something to see."""
        self._minute += 1
        dark = canary is None and stable is None
        self._begun = self._begun or not dark
        if not dark:
            self.also(canary, stable)
        if not self._begun or self._minute % self._analysis.interval:
            return None
        return self._advance(dark=dark)

    def also(self, canary: Counts | None, stable: Counts | None) -> None:
        """Take in a minute."""
        self._canary.add(canary)
        self._primary.add(stable)

    def _advance(self, *, dark: bool) -> Outcome | None:
        if self._failed >= self._analysis.threshold:
            self.weight = 0
            return Outcome.ROLLED_BACK
        if not self._passes(dark=dark):
            self._failed += 1
            return None
        if self.weight >= self._analysis.max_weight:
            self.weight = 100
            return Outcome.PROMOTED
        self.weight = min(self.weight + self._analysis.step_weight, self._analysis.max_weight)
        return None

    def _passes(self, *, dark: bool) -> bool:
        if dark:
            return self._analysis.idle
        return passes(self._analysis, self._canary.total(), self._primary.total())
