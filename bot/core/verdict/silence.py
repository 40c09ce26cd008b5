"""A canary that answers hardly any of its requests: failures that no count of answers can show.

A request that reaches no instance is not counted
(https://cloud.google.com/monitoring/api/metrics_gcp: run.googleapis.com/request_count), and one
that hangs only once it has ended. But stable's count and the split say how many there must have
been: Poisson evidence for a tenth of them or fewer against all of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.evidence import Evidence

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
    nats = answered * math.log(LEFT) + (1.0 - LEFT) * due
    return nats if nats >= SURE else 0.0
