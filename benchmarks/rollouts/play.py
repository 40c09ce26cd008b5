"""Play one rule through one repetition of one scenario.

Metrics show three minutes late (https://cloud.google.com/monitoring/api/metrics_gcp: "sampled
every 60 seconds. After sampling, data is not visible for up to 180 seconds"): the minute that ends
now is told three minutes from now. After an outage of the metrics all that was missed shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from benchmarks.rollouts.faults import Moment
from benchmarks.rollouts.rule import CatchesUp
from benchmarks.rollouts.world import HORIZON, LENGTH, WATCH, World
from bot.core.evidence import Outcome

if TYPE_CHECKING:
    from benchmarks.rollouts.rule import Rule
    from benchmarks.rollouts.scenario import Scenario
    from benchmarks.rollouts.world import Served

LAG = 3
"""Minutes."""


class Played(NamedTuple):
    """How one rollout went."""

    outcome: Outcome | None
    """None: neither at 100 % nor back when time was up."""
    harm: float
    """Requests that went wrong because of the fault."""
    ended: int
    """Minutes from the first traffic to the rollback, or to the end of the play."""
    full: int | None
    """Minutes from the first traffic to the first minute at 100 %."""
    returns: int
    """How often the share went down without a rollback."""


class Feed:
    """What of the past a rule can see."""

    def __init__(self, scenario: Scenario) -> None:
        """See nothing yet."""
        outage = scenario.metrics_outage
        self._dark = range(outage.start, outage.start + outage.minutes) if outage else range(0)
        self._served: list[Served] = []
        self._told = 0

    def add(self, served: Served) -> None:
        """One more minute has passed."""
        self._served.append(served)

    def visible(self, most: int) -> list[Served]:
        """Return the oldest minutes not told yet, as far as they can be seen by now."""
        now = len(self._served)
        if now in self._dark:
            return []
        seen = self._served[self._told : max(0, now - LAG)][:most]
        self._told += len(seen)
        return seen


def play(rule: Rule, scenario: Scenario, seed: int, repetition: int) -> Played:
    """Let the rule steer until it says how it ended, or time is up."""
    return _Rollout(rule, scenario, World(scenario, seed, repetition)).run()


class _Rollout:
    """The state of one play."""

    def __init__(self, rule: Rule, scenario: Scenario, world: World) -> None:
        self._rule = rule
        self._world = world
        self._harmful = scenario.bad
        self._feed = Feed(scenario)
        self._harm = 0.0
        self._returns = 0
        self._share = 0
        self._first_full: int | None = None
        self._last_full: int | None = None

    def run(self) -> Played:
        outcome = None
        minute = 0
        while outcome is None and minute < self._end():
            self._pass(minute, self._rule.weight)
            outcome = self._tell()
            minute += 1
        if outcome is Outcome.PROMOTED:
            self._first_full = minute if self._first_full is None else self._first_full
            self._serve_on(minute if self._harmful else LENGTH)
        return self._played(outcome, minute)

    def _tell(self) -> Outcome | None:
        rule = self._rule
        catching = rule if isinstance(rule, CatchesUp) else None
        seen = self._feed.visible(LENGTH if catching else 1)
        if not seen:
            return rule.window(None, None)
        for missed in seen[:-1]:
            if catching:
                catching.also(missed.canary, missed.stable)
        return rule.window(seen[-1].canary, seen[-1].stable)

    def _end(self) -> int:
        if self._last_full is None:
            return HORIZON
        return min(LENGTH, HORIZON + 2 * WATCH)

    def _pass(self, minute: int, share: int) -> None:
        if share < self._share:
            self._returns += 1
            self._last_full = None
        if share == 100 and self._last_full is None:  # noqa: PLR2004  # percent
            self._last_full = minute
            self._first_full = minute if self._first_full is None else self._first_full
        self._share = share
        since = None if self._first_full is None else minute - self._first_full
        served = self._world.minute(Moment(minute, share, since))
        self._harm += served.harm
        self._feed.add(served)

    def _serve_on(self, minute: int) -> None:
        """Go on at 100 % for as long as a fault would take to be noticed by people."""
        begun = minute if self._last_full is None else self._last_full
        for later in range(minute, min(LENGTH, begun + WATCH)):
            self._pass(later, 100)

    def _played(self, outcome: Outcome | None, minute: int) -> Played:
        if outcome is None and self._last_full is not None:
            outcome = Outcome.PROMOTED
        full = self._first_full if outcome is not Outcome.ROLLED_BACK else None
        return Played(outcome, self._harm, minute, full, self._returns)
