"""The nouns of a rollout's course: its steps, where it is, what to do where nothing is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Policy(StrEnum):
    """What becomes of a rollout that has waited long enough."""

    HOLD = "hold"
    PROMOTE = "promote"
    ROLL_BACK = "roll_back"


class Step(Struct, frozen=True):
    """One share of the traffic, and how many complete windows must be seen at it."""

    share: int
    bake: int
    longest: int = 0
    """How many windows to wait at most for enough requests, or for doubt to go away."""


class Route(Struct, frozen=True, kw_only=True):
    """The way to 100 %: every step below it, and how many windows to watch there."""

    steps: tuple[Step, ...] = ()
    watch: int = 60
    min_requests: int = 0
    """Canary requests that a step must have seen, or have waited for until its longest."""
    not_enough_traffic: Policy = Policy.PROMOTE
    undecided: Policy = Policy.PROMOTE
    """What to do when doubt has not gone away by the step's longest."""
    metrics_down: Policy = Policy.HOLD


class Stage(StrEnum):
    """Where on its course a rollout is."""

    RAMP = "ramp"
    WATCH = "watch"
    RECHECK = "recheck"
    """Back from the watch: stable has traffic again, so that both can be compared."""


class Course(Struct, frozen=True, kw_only=True):
    """How far a rollout has come."""

    stage: Stage = Stage.RAMP
    step: int = 0
    share: int = 0
    alarms: int = 0
    """How often the watch has called for stable."""


class Split(Struct, frozen=True, kw_only=True):
    """A time in which the canary had one share of the traffic."""

    share: int
    since: datetime
    until: datetime | None = None


class Sampling(Struct, frozen=True, kw_only=True):
    """How Cloud Monitoring counts: the length of a window, and how late it may be seen."""

    window: timedelta
    lag: timedelta
