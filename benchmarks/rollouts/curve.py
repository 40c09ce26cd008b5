"""The price of caution: harm of bad releases against hours for good ones, a point per rule.

To the right: how long a good release takes to 100 %, averaged over the good
scenarios; one that is rolled back or stuck counts as the whole horizon, since somebody has to look.
Upwards: the median harm of a bad release as a multiple of the oracle's, the geometric mean over the
bad scenarios. Down and left is better; `benchmarks/rollouts/picture.py` draws it.
"""

from __future__ import annotations

import math
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.rollouts.rules import NAMES, ORACLE
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.world import HORIZON

if TYPE_CHECKING:
    from benchmarks.rollouts.cell import Cell
    from benchmarks.rollouts.results import Results

LEAST = 0.1
"""Of a request: harm below is drawn as this, since a logarithm knows no zero."""


class Point(NamedTuple):
    """One rule."""

    rule: str
    hours: float
    """To 100 %, of good releases."""
    harm: float
    """Of bad releases, as a multiple of the oracle's."""


def points(results: Results) -> list[Point]:
    """Return the rules that were played in good and bad scenarios, and beside the oracle."""
    found = (_point(rule, results) for rule in NAMES)
    return [one for one in found if one]


def _point(rule: str, results: Results) -> Point | None:
    cells = [one for one in results.cells if one.rule == rule]
    hours = [_hours(one) for one in cells if not SCENARIOS[one.scenario].bad]
    harms = [_harm(one, results) for one in cells if SCENARIOS[one.scenario].bad]
    logs = [math.log(harm) for harm in harms if harm]
    return Point(rule, fmean(hours), math.exp(fmean(logs))) if hours and logs else None


def _hours(one: Cell) -> float:
    lost = (one.rolled_back + one.stuck) / one.reps
    arrived = one.full.median if one.full else HORIZON
    return ((1 - lost) * arrived + lost * HORIZON) / 60


def _harm(one: Cell, results: Results) -> float | None:
    oracle = results.find(ORACLE, one.scenario)
    return max(one.harm.median, LEAST) / max(oracle.harm.median, LEAST) if oracle else None
