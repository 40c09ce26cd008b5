"""A canary that answers hardly any of its requests: failures that no count of answers can show.

A request that reaches no instance is not counted
(https://cloud.google.com/monitoring/api/metrics_gcp: run.googleapis.com/request_count), and one
that hangs only once it has ended. But stable's count and the split say how many there must have
been: Poisson evidence for a tenth of them or fewer against all of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bot.core.evidence import Lull

if TYPE_CHECKING:
    from bot.core.evidence import Counts, Evidence, History

FULL = 100
LEFT = 0.1
"""What part of its requests a canary that can hardly start may answer all the same."""
SURE = 20.0
"""Nats, far beyond alpha: splits are fair only in the long run."""
SETTLED = 4
"""Windows that must be seen: a new revision's series may show later than stable's."""


def mute(evidence: Evidence) -> float:
    """Return the evidence that the canary is silent in nats, 0 while that is not sure."""
    due = evidence.stable.requests * evidence.share / max(1, FULL - evidence.share)
    answered = evidence.canary.requests
    if evidence.windows < SETTLED or answered > LEFT * due:
        return 0.0
    return _sure(answered, due)


def lull(evidence: Evidence, canary: Counts, history: History) -> Lull:
    """Return the run of windows at 100 % in which the canary answered hardly any, one longer.

    It begins with a canary that falls silent: where nobody was heard before, nobody calls.
    """
    before = evidence.lull
    ended = evidence.idle > 0 and not before.windows
    if ended or evidence.share != FULL or canary.requests > LEFT * history.due:
        return Lull()
    answered = before.answered + canary.requests
    return Lull(before.windows + 1, before.due + history.due, answered)


def mute_alone(evidence: Evidence) -> float:
    """Return the same at 100 %, where only stable's last day says what is due."""
    quiet = evidence.lull
    return _sure(quiet.answered, quiet.due) if quiet.windows >= SETTLED else 0.0


def _sure(answered: int, due: float) -> float:
    nats = answered * math.log(LEFT) + (1.0 - LEFT) * due
    return nats if nats >= SURE else 0.0
