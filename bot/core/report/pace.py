"""How often GitHub is told the same thing anew: at once what is news, later what only grew.

Edits cost GitHub's API budget, and nobody reads a number every few seconds. A step costs two: the
check run's once the traffic is there, the comment's once it can be judged. Where there is no
comment, as on a push, the check run's are both
(https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, Phase
from bot.core.rollout.setbacks import FAILING
from bot.core.rollout.turn import ENDS

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.told import Shown

SETTLED = timedelta(seconds=30)
"""A state that passes more quickly is not worth an edit: images, once built, mostly take traffic
within that time."""
NUMBERS = timedelta(minutes=10)
"""How old numbers may be while nothing else changes."""
WATCH = timedelta(days=7)
"""While it is only watched, its end is what people wait for."""
MOVING = frozenset({"", "traffic"})
"""What a step waits for while its traffic is not there yet."""
UNTOLD = MOVING | {"waiting-for-data"}
"""What a step waits for before there is anything to say of it."""
DOWN = "metrics-down"


def news(deployment: Deployment, place: int) -> str:
    """Return what the check run must say at once; nothing where it can wait."""
    if place or _over(deployment):
        return f"{deployment.phase.value} {place}"
    if held := _held(deployment):
        return f"{_step(deployment)} {held}"
    if deployment.phase is Phase.SHIFTING and deployment.waiting not in MOVING:
        alone = deployment.number is None and deployment.waiting not in UNTOLD
        return f"{_step(deployment)}{' judged' * alone}"
    return ""


def comment_news(deployment: Deployment, place: int) -> str:
    """Return what the comment must say at once: a step is news there, once it can be judged."""
    told = deployment.phase is not Phase.SHIFTING or deployment.waiting not in UNTOLD
    return news(deployment, place) if told else ""


def due(deployment: Deployment, shown: Shown, wanted: Shown) -> datetime:
    """Return when a text that differs from what is shown is to be told."""
    if wanted.news and wanted.news != shown.news:
        return wanted.at
    if wanted.title == shown.title:
        return shown.at + (WATCH if deployment.phase is Phase.WATCHING else NUMBERS)
    return max(shown.at, deployment.share_since or deployment.phase_since) + SETTLED


def _step(deployment: Deployment) -> str:
    return f"{deployment.phase.value} {deployment.level} {deployment.share}"


def _over(deployment: Deployment) -> bool:
    return deployment.phase is Phase.WATCHING or deployment.phase in ENDS


def _held(deployment: Deployment) -> str:
    if deployment.paused or deployment.approval_since or deployment.moved:
        return deployment.waiting
    return deployment.waiting if deployment.waiting in {DOWN, FAILING} else ""
