"""spinnaker/kayenta at a69573b: NetflixACAJudge over the minutes of canary and control.

Its rule (NetflixACAJudge.scala, MannWhitneyClassifier.scala, WeightedSumScorer.scala, and the
standalone analysis around them): each metric is an array of one point per minute and revision. A
metric is high when the Mann-Whitney interval at 98 % lies above a quarter of the estimated shift.
The score is the percentage of metrics that pass. The judge is asked every interval about everything
since the start; a score not above `marginal` ends the analysis, and the last must reach `passing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import default_rng

from benchmarks.rollouts.peers.mann_whitney import AllTiedError, Shift
from bot.core.evidence import Outcome

if TYPE_CHECKING:
    from benchmarks.rollouts.peers.mann_whitney import Values
    from bot.core.evidence import Counts

TOLERANCE = 0.25
CONFIDENCE = 0.98
"""Both are hard-coded in the judge."""
NO_DATA = 50
"""Percent of the metrics without data from which the score is 0."""


@dataclass(frozen=True, kw_only=True)
class CanaryConfig:
    """The canary config and the standalone request; 60 minutes, 95 and 75 are the usual example."""

    weight: int = 10
    lifetime: int = 60
    """Minutes."""
    interval: int = 15
    passing: float = 95.0
    marginal: float = 75.0
    allowed_increase: float = 1.0
    """Ratio of the means below which a shift is no matter."""
    begin_after: int = 0
    """Minutes of warm-up that are not looked at."""


class Label(Enum):
    """How a metric is classified."""

    PASS = auto()
    HIGH = auto()
    NO_DATA = auto()
    ERROR = auto()


def classify(
    control: Values,
    experiment: Values,
    *,
    allowed_increase: float = 1.0,
    confidence: float = CONFIDENCE,
) -> Label:
    """Return how the judge classifies a metric that should not increase."""
    if not len(control) or not len(experiment):
        return Label.NO_DATA
    if np.array_equal(np.sort(control), np.sort(experiment)):
        return Label.PASS
    if len(np.unique(np.concatenate((control, experiment)))) == 1:
        return Label.PASS
    if len(np.unique(control)) == 1 and len(np.unique(experiment)) == 1:
        control, experiment = _noised(control), _noised(experiment)
    try:
        high = is_high(control, experiment, confidence)
    except AllTiedError:
        return Label.ERROR
    enough = _effect(control, experiment) >= allowed_increase
    return Label.HIGH if high and enough else Label.PASS


def is_high(
    control: Values,
    experiment: Values,
    confidence: float = CONFIDENCE,
    tolerance: float = TOLERANCE,
) -> bool:
    """Return whether the interval lies above the tolerated part of the estimate."""
    shift = Shift(experiment, control, confidence)
    low = shift.low
    return low > 0 and low > tolerance * abs(shift.estimate)


def _effect(control: Values, experiment: Values) -> float:
    """Return the ratio of the means; infinite, so that it decides nothing, where one is zero."""
    below, above = float(control.mean()), float(experiment.mean())
    return above / below if below and above else float("inf")


def _noised(values: Values) -> Values:
    """Return the values with a little Gaussian noise, which the judge adds where nothing varies."""
    return values + default_rng(0).normal(0.0, abs(float(values[0])) * 1e-5, len(values))


def score(labels: list[Label]) -> float:
    """Return the score of one group of metrics, 0 to 100."""
    missing = labels.count(Label.NO_DATA)
    if 100 * missing / len(labels) >= NO_DATA:
        return 0.0
    judged = labels.count(Label.PASS) + labels.count(Label.HIGH)
    return 100.0 * labels.count(Label.PASS) / judged if judged else 100.0


class Kayenta:
    """One rollout: the canary keeps its weight until the analysis is over."""

    def __init__(self, config: CanaryConfig) -> None:
        """Give the canary its weight."""
        self._config = config
        self.weight = config.weight
        self._minute = 0
        self._told = 0
        self._points: dict[str, list[tuple[float, float]]] = {"canary": [], "control": []}

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        """Wait for the next judgement, and judge."""
        self._minute += 1
        self.also(canary, stable)
        since = self._minute - self._config.begin_after
        if since <= 0 or since % self._config.interval:
            return None
        return self._judge(last=since >= self._config.lifetime)

    def also(self, canary: Counts | None, stable: Counts | None) -> None:
        """Take in a minute, unless it belongs to the warm-up."""
        if canary is not None or stable is not None:
            self._told += 1
        if self._told > self._config.begin_after:
            self._add("canary", canary)
            self._add("control", stable)

    def _add(self, side: str, counts: Counts | None) -> None:
        """Add a point; a minute without requests is not a number, and such points are removed."""
        if counts is not None and counts.requests:
            percent = 100 / counts.requests
            self._points[side].append((counts.errors_5xx * percent, counts.slow * percent))

    def _judge(self, *, last: bool) -> Outcome | None:
        reached = score([self._label(metric) for metric in (0, 1)])
        if reached <= self._config.marginal or (last and reached < self._config.passing):
            self.weight = 0
            return Outcome.ROLLED_BACK
        if not last:
            return None
        self.weight = 100
        return Outcome.PROMOTED

    def _label(self, metric: int) -> Label:
        control, experiment = (
            np.array([point[metric] for point in self._points[side]], dtype=np.float64)
            for side in ("control", "canary")
        )
        return classify(control, experiment, allowed_increase=self._config.allowed_increase)
