"""argoproj/argo-rollouts at 9f8d111: timed steps beside an analysis with a limit of failures.

Its rule (analysis/analysis.go, utils/evaluate/evaluate.go): a measurement is a success or a
failure by its condition, an error when the query errs. More failures than the limit abort; so do
more than four errors in a row, and an error is measured again after ten seconds, so that an outage
of the metrics of 40 seconds aborts. A ratio of nothing to nothing is not a number and fails.
The steps go on by time alone; the analysis runs beside them from its starting step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.rollouts.peers.sums import Sums
from bot.core.evidence import Outcome

if TYPE_CHECKING:
    from benchmarks.rollouts.peers.sums import Total
    from bot.core.evidence import Counts

ERRORS_IN_A_MINUTE = 6
"""One measurement, and five more ten seconds apart."""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """The Rollout and its AnalysisTemplate; the values here are the documentation's example."""

    steps: tuple[int, ...] = (20, 40, 60, 80)
    pause: int = 10
    """Minutes at each step."""
    start: int = 10
    """Minutes until the background analysis starts: `startingStep: 2` is the second weight."""
    interval: int = 5
    """Minutes between two measurements."""
    over: int = 5
    """Minutes that a query sums up."""
    min_success: float = 0.95
    failure_limit: int = 3
    error_limit: int = 4
    """`consecutiveErrorLimit`."""
    max_worse: float | None = None
    """A custom query: how much more often the canary may fail than stable."""
    max_slower: float | None = None
    """The same for slow answers."""
    least: int = 0
    """Bad answers below which the custom query cannot fail."""
    idle: bool = False
    """Whether the condition lets pass what is not a number."""


def succeeds(spec: Canary, canary: Total, stable: Total) -> bool:
    """Return whether a measurement is a success."""
    if canary.failing is None:
        return spec.idle
    if 1 - canary.failing < spec.min_success:
        return False
    worse = canary.failing - (stable.failing or 0.0)
    if canary.errors >= spec.least and exceeds(worse, spec.max_worse):
        return False
    usual = stable.slow / stable.requests if stable.requests else 0.0
    slower = canary.slow / canary.requests - usual
    return canary.slow < spec.least or not exceeds(slower, spec.max_slower)


def exceeds(value: float, limit: float | None) -> bool:
    """Return whether a value is above a limit, if there is one."""
    return limit is not None and value > limit


class ArgoRollouts:
    """One rollout."""

    def __init__(self, spec: Canary) -> None:
        """Give the canary its first weight."""
        self._spec = spec
        self.weight = spec.steps[0]
        self._left = [*spec.steps[1:], 100]
        self._canary = Sums(spec.over)
        self._stable = Sums(spec.over)
        self._minute = 0
        self._failed = 0
        self._errors = 0

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        """Reconcile."""
        self._minute += 1
        dark = canary is None and stable is None
        if not dark:
            self.also(canary, stable)
        since = self._minute - self._spec.start
        due = since >= 0 and since % self._spec.interval == 0
        if (due or self._errors) and since >= 0 and self._aborts(dark=dark):
            self.weight = 0
            return Outcome.ROLLED_BACK
        return None if self._minute % self._spec.pause else self._step()

    def also(self, canary: Counts | None, stable: Counts | None) -> None:
        """Take in a minute."""
        self._canary.add(canary)
        self._stable.add(stable)

    def _aborts(self, *, dark: bool) -> bool:
        """Measure, and return whether the analysis run ends badly."""
        if dark:
            self._errors += ERRORS_IN_A_MINUTE
            return self._errors > self._spec.error_limit
        self._errors = 0
        if not succeeds(self._spec, self._canary.total(), self._stable.total()):
            self._failed += 1
        return self._failed > self._spec.failure_limit

    def _step(self) -> Outcome | None:
        self.weight = self._left.pop(0)
        return None if self._left else Outcome.PROMOTED
