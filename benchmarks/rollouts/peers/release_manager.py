"""GoogleCloudPlatform/cloud-run-release-manager at c49be44: absolute thresholds on the canary.

Its rule (cmd/operator/main.go, pkg/rollout/rollout.go, pkg/health/health.go): every minute the
candidate's last `offset` minutes are compared with fixed limits. An unmet limit is unhealthy and
rolls back at once, with however few requests; too few requests are inconclusive and wait for ever;
no series at all means no errors. Healthy for `min_wait` goes to the next step, and after one more
`min_wait` at 100 % the candidate is stable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from benchmarks.rollouts.peers.sums import Sums
from bot.core.evidence import Outcome

if TYPE_CHECKING:
    from benchmarks.rollouts.peers.sums import Total
    from bot.core.evidence import Counts


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """The operator's flags; the values here are the documented defaults."""

    steps: tuple[int, ...] = (5, 20, 50, 80)
    offset: int = 30
    """Minutes of health that are looked at."""
    min_wait: int = 30
    """Minutes between two steps."""
    min_requests: int = 0
    max_error_rate: float = 1.0
    """Percent of the requests."""
    latency: bool = False
    """Whether the 99th percentile is held below the boundary; off unless a limit is given."""


class Diagnosis(Enum):
    """What a health check says."""

    HEALTHY = auto()
    UNHEALTHY = auto()
    INCONCLUSIVE = auto()


def diagnose(strategy: Strategy, total: Total) -> Diagnosis:
    """Return what the candidate's sums say: an unmet limit wins over a lack of requests."""
    if 100 * (total.failing or 0.0) > strategy.max_error_rate:
        return Diagnosis.UNHEALTHY
    if strategy.latency and total.late:
        return Diagnosis.UNHEALTHY
    if total.requests < strategy.min_requests:
        return Diagnosis.INCONCLUSIVE
    return Diagnosis.HEALTHY


class ReleaseManager:
    """One rollout."""

    def __init__(self, strategy: Strategy) -> None:
        """Give the candidate its first share."""
        self._strategy = strategy
        self._left = [*strategy.steps[1:], 100]
        self.weight = strategy.steps[0]
        self._sums = Sums(strategy.offset)
        self._minute = 0
        self._changed = 0

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        """Tick."""
        self._minute += 1
        if canary is None:
            self._sums.age()
        self.also(canary, stable)
        diagnosis = diagnose(self._strategy, self._sums.total())
        if diagnosis is Diagnosis.UNHEALTHY:
            self.weight = 0
            return Outcome.ROLLED_BACK
        waited = self._minute - self._changed >= self._strategy.min_wait
        if diagnosis is Diagnosis.HEALTHY and waited:
            return self._next()
        return None

    def also(self, canary: Counts | None, stable: Counts | None) -> None:
        """Take in a minute; the query's window ends now, so one that shows nothing ages it."""
        del stable
        if canary is not None:
            self._sums.add(canary)

    def _next(self) -> Outcome | None:
        if not self._left:
            return Outcome.PROMOTED
        self.weight = self._left.pop(0)
        self._changed = self._minute
        return None
