"""The verdict's nouns: what was counted, what it adds up to, and what follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Counts(Struct, frozen=True):
    """One revision's requests in one metric window."""

    requests: int = 0
    errors_5xx: int = 0
    errors_4xx: int = 0
    slow: int = 0
    """Answers slower than a boundary that was frozen before the rollout."""


class Outcome(StrEnum):
    """How a rollout ends; until then there is none."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


class RevisionCounts(Struct, frozen=True, kw_only=True):
    """One metric window: what each revision answered; a revision without a series is absent."""

    start: datetime
    end: datetime
    counts: dict[str, Counts]


class Window(Struct, frozen=True, kw_only=True):
    """One metric window of both revisions at one split; None where there is no series."""

    start: datetime
    end: datetime
    share: int
    canary: Counts | None = None
    stable: Counts | None = None


class VerdictConfig(Struct, frozen=True, kw_only=True):
    """The rule's parameters, stored with the deployment so that a past rollout can be re-judged."""

    min_bake: timedelta
    max_bake: timedelta
    min_requests: int
    margin: float
    baseline: Counts | None = None
    """What stable answered during the ramp: set in the watch, when there is no stable any more."""


class Evidence(Struct, frozen=True, kw_only=True):
    """A fold over windows: `verdict.update` adds one, nothing is ever taken out."""

    share: int = 0
    """The split that the counts below belong to."""
    windows: int = 0
    """Complete windows at this split."""
    seconds: float = 0.0
    """Their length together."""
    canary: Counts = Counts()
    stable: Counts = Counts()
    baseline: Counts = Counts()
    """Stable's counts over all splits of the ramp."""
    until: datetime | None = None
    """End of the last window taken in."""


class Decision(StrEnum):
    """What the evidence says."""

    WAIT = "wait"
    ADVANCE = "advance"
    ROLL_BACK = "roll_back"


class Verdict(Struct, frozen=True, kw_only=True):
    """A decision with its reason and the numbers behind it."""

    decision: Decision
    waiting: str = ""
    """`waiting-for-data`, `not-enough-traffic` or `baking` while the decision is to wait."""
    reason: str
    canary: Counts = Counts()
    stable: Counts = Counts()
