"""What no rule can beat: how much harm a bad release does to one who knows everything.

F0 is Wald's bound: the harm at a share of 1 % until a sequential test that knows both rates has
seen enough (Wald, "Sequential Tests of Statistical Hypotheses", 1945), never below one window, plus
the three windows of lag; how long that takes is not counted. F1 is that very test played as a rule:
on an adaptive ramp, told as late as everyone, at the same alpha; it knows how the fault shows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from benchmarks.rollouts.faults import Broken, ColdStart, Extra, Moment
from benchmarks.rollouts.noise import PerMinute
from benchmarks.rollouts.play import LAG
from benchmarks.rollouts.world import WATCH
from bot.core.evidence import Outcome

if TYPE_CHECKING:
    from benchmarks.rollouts.rule import History
    from benchmarks.rollouts.scenario import Scenario
    from bot.core.evidence import Counts

ALPHA = 0.01
EVIDENCE = math.log(1 / ALPHA)
HOLD = math.log(1.5)
"""Evidence against the canary from which the ramp holds."""
PATIENCE = 20
"""Minutes for which it holds at most."""
RAMPS = (
    (100.0, ((1, 4), (8, 4), (50, 3))),
    (10.0, ((5, 4), (12, 10), (50, 4), (95, 3))),
    (1.0, ((20, 10), (50, 10), (95, 10))),
    (0.0, ((50, 20), (95, 13))),
)
"""From so many requests a second on: shares, and how many windows must be seen at each."""


def wald(scenario: Scenario) -> float | None:
    """Return F0 in requests, None for a fault that changes in time."""
    fault = scenario.fault
    if not isinstance(fault, Broken):
        return None
    before, extra = _metric(scenario, fault.adds(Moment(0, 1, None)))
    each_window = 0.6 * scenario.rps
    needed = max(EVIDENCE / divergence(before + extra, before), each_window)
    return extra * (needed + LAG * each_window)


def divergence(after: float, before: float) -> float:
    """Return Kullback and Leibler's divergence of two Bernoulli rates, in nats per request."""
    missed = (1 - after) * math.log((1 - after) / (1 - before)) if after < 1 else 0.0
    return after * math.log(after / before) + missed


def _metric(scenario: Scenario, extra: Extra) -> tuple[float, float]:
    """Return stable's rate of what the fault makes worse, and by how much it does."""
    return (scenario.slow, extra.slow) if extra.slow else (scenario.errors, extra.errors)


class Oracle:
    """F1: a sequential probability ratio test that knows both rates, looking at the canary only."""

    def __init__(self, scenario: Scenario, history: History = ()) -> None:
        """Learn nothing from the history: everything is known."""
        del history
        self._scenario = scenario
        self._steps = next(list(steps) for rps, steps in RAMPS if scenario.rps >= rps)
        self._weights: list[int] = []
        self._told = 0
        self._step = 0
        self._full: int | None = None
        self._since = 0
        self._evidence = 0.0

    @property
    def weight(self) -> int:
        """The share of its step."""
        return self._steps[self._step][0] if self._step < len(self._steps) else 100

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        """Take in a window and decide."""
        self._weights.append(self.weight)
        self.also(canary, stable)
        if self._evidence >= EVIDENCE:
            return Outcome.ROLLED_BACK
        if self._full is not None:
            over = len(self._weights) - self._full >= WATCH
            return Outcome.PROMOTED if over else None
        self._advance()
        return None

    def also(self, canary: Counts | None, stable: Counts | None) -> None:
        """Take in a window."""
        del stable
        if canary is not None:
            self._evidence += self._gained(canary)
            self._told += 1

    def _advance(self) -> None:
        seen = self._told - self._since
        bake = self._steps[self._step][1]
        if seen < bake or (self._evidence >= HOLD and seen < bake + PATIENCE):
            return
        self._step += 1
        self._since = len(self._weights)
        if self._step == len(self._steps):
            self._full = len(self._weights)

    def _gained(self, canary: Counts) -> float:
        """Return the evidence in the oldest window not told yet, in nats."""
        minute, full = self._told, self._full
        since = minute - full if full is not None and minute >= full else None
        fault = self._scenario.fault
        if isinstance(fault, ColdStart):
            return 0.0
        extra = fault.adds(Moment(minute, self._weights[minute], since))
        before, more = _metric(self._scenario, extra)
        if not more:
            return 0.0
        bad = canary.slow if extra.slow else canary.errors_5xx
        return _ratio(bad, canary.requests, (before + more, before), self._scenario)


def _ratio(bad: int, requests: int, rates: tuple[float, float], scenario: Scenario) -> float:
    """Return the log likelihood ratio of a window: binomial, or negative binomial under noise."""
    after, before = rates
    if isinstance(scenario.noise, PerMinute):
        size = 1 / scenario.noise.cv2
        spread = (size + requests * after) / (size + requests * before)
        return bad * math.log(after / before) - (bad + size) * math.log(spread)
    if after >= 1:
        return bad * math.log(after / before) if bad == requests else -math.inf
    good = (requests - bad) * math.log((1 - after) / (1 - before))
    return bad * math.log(after / before) + good
