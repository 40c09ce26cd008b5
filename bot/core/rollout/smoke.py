"""Smoke → shifting: the new revisions answer their checks on their tagged URLs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import course, verdict
from bot.core.deployment import Deployment, Phase
from bot.core.rollout import planning
from bot.core.rollout.answers import PAUSE, beaten, visited
from bot.core.rollout.memory import served_well
from bot.core.rollout.turn import Turn, at_level, enter, fail, wait, with_service
from bot.core.route import Route

if TYPE_CHECKING:
    from bot.core.sight import Sight

LEARNING = timedelta(seconds=15)
"""How long to try to read stable's last day; without it the verdict has less power, and says so."""
LONGEST = 60 * 60 * 1000.0
"""Milliseconds that an answer of Cloud Run may take: a boundary above that tells nothing.
https://cloud.google.com/run/docs/configuring/request-timeout"""
SPARE = timedelta(seconds=1)
"""What an answer may take beyond stable's slowest: a new instance is no quicker at first."""


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Take in the answers; go on when all are right, give up when one stays wrong."""
    deployment = visited(deployment, seen)
    if failure := beaten(deployment):
        return Turn(fail(deployment, failure, now))
    deployment = _learned(deployment, seen)
    if all(service.smoke_passed for service in at_level(deployment)):
        if _unlearned(deployment) and now - deployment.phase_since < LEARNING:
            return Turn(wait(deployment, "metrics-down", now + PAUSE))
        return Turn(enter(_at_first_step(_bounded(deployment), seen), Phase.SHIFTING, now))
    return Turn(wait(deployment, "smoke checks", now + PAUSE))


def _learned(deployment: Deployment, seen: Sight) -> Deployment:
    """Take in what stable's last day says, where it could be read."""
    for service in at_level(deployment):
        if day := seen.days.get(service.plan.name):
            history = verdict.summary(day.windows)
            slow_above = day.slow_above if 0 < day.slow_above <= LONGEST else 0.0
            longest = timedelta(milliseconds=slow_above) + SPARE
            history = replace(history, lasting=longest // deployment.sampling.window)
            learned = replace(service, history=history, slow_above=slow_above)
            deployment = with_service(deployment, learned)
    return deployment


def _bounded(deployment: Deployment) -> Deployment:
    """Let deploy.yaml's limit tell which answers are slow where stable's last day does not."""
    limit = deployment.plan.rollout.max_p95 / timedelta(milliseconds=1)
    for service in at_level(deployment):
        bounded = replace(service, slow_above=service.slow_above or limit)
        deployment = with_service(deployment, bounded)
    return deployment


def _unlearned(deployment: Deployment) -> bool:
    """Tell whether a last day is still to be read; nobody asks for it where no ramp is judged."""
    judged = (service for service in at_level(deployment) if not service.first)
    return not deployment.skips and any(service.history is None for service in judged)


def _at_first_step(deployment: Deployment, seen: Sight) -> Deployment:
    only_first = all(service.first for service in at_level(deployment))
    skips = deployment.skips or served_well(deployment, seen.memory)
    way = Route() if only_first or skips else planning.route(deployment)
    start = course.begin(way)
    return replace(
        deployment, route=way, course=start, share=start.share, share_since=None, skips=skips
    )
