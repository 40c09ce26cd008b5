"""How often GitHub is told the same thing anew: at once what is news, later what only grew.

Edits cost GitHub's API budget, and nobody reads a number every few seconds: a step costs one edit
of the check run and one of the comment
(https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, Phase
from bot.core.rollout.turn import ENDS

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.told import Shown

SETTLED = timedelta(seconds=3)
"""A state that passes more quickly is not worth an edit."""
NUMBERS = timedelta(minutes=5)
"""How old numbers may be while nothing else changes."""
UNTOLD = frozenset({"", "traffic", "waiting-for-data"})
"""What a step waits for before there is anything to say of it."""
DOWN = "metrics-down"


def news(deployment: Deployment, place: int) -> str:
    """Return what the check run must say at once; nothing where it can wait."""
    if place or _over(deployment):
        return f"{deployment.phase.value} {place}"
    if held := _held(deployment):
        return f"{_step(deployment)} {held}"
    return ""


def comment_news(deployment: Deployment, place: int) -> str:
    """Return what the comment must say at once: a step is news there, once it can be judged."""
    if deployment.phase is Phase.SHIFTING and deployment.waiting not in UNTOLD:
        return news(deployment, place) or _step(deployment)
    return news(deployment, place)


def due(now: datetime, shown: Shown, wanted: Shown) -> datetime:
    """Return when a text that differs from what is shown is to be told."""
    if wanted.news and wanted.news != shown.news:
        return now
    return shown.at + (NUMBERS if wanted.title == shown.title else SETTLED)


def _step(deployment: Deployment) -> str:
    return f"{deployment.phase.value} {deployment.level} {deployment.share}"


def _over(deployment: Deployment) -> bool:
    return deployment.phase is Phase.WATCHING or deployment.phase in ENDS


def _held(deployment: Deployment) -> str:
    if deployment.paused or deployment.approval_since or deployment.moved:
        return deployment.waiting
    return deployment.waiting if deployment.waiting == DOWN else ""
