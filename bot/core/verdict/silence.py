"""A canary that answers hardly any of its requests: failures that no count of answers can show.

A request that reaches no instance is not counted
(https://cloud.google.com/monitoring/api/metrics_gcp: run.googleapis.com/request_count), and one
that hangs only once it has ended. But stable's count and the split say how many there must have
been: Poisson evidence for a tenth of them or fewer against all of them. Answers that take long
are counted while the split is another already, so whoever answers as at the split before is heard.
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


def mute(evidence: Evidence, history: History) -> float:
    """Return the evidence that the canary is silent in nats, 0 while that is not sure."""
    due = _due(evidence, evidence.share)
    least = min(due, _due(evidence, evidence.former)) if evidence.former else due
    answered = evidence.canary.requests
    if evidence.windows < settled(history) or answered > LEFT * least:
        return 0.0
    return _sure(answered, due)


def settled(history: History) -> int:
    """Return how many windows must be seen at a split: more where answers take long to end."""
    return SETTLED + 2 * history.lasting


def _due(evidence: Evidence, share: int) -> float:
    """Return how many requests the canary must have had at this share, by stable's count."""
    return evidence.stable.requests * share / max(1, FULL - share)


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


def mute_alone(evidence: Evidence, history: History) -> float:
    """Return the same at 100 %, where only stable's last day says what is due."""
    quiet = evidence.lull
    return _sure(quiet.answered, quiet.due) if quiet.windows >= settled(history) else 0.0


def _sure(answered: int, due: float) -> float:
    nats = answered * math.log(LEFT) + (1.0 - LEFT) * due
    return nats if nats >= SURE else 0.0
