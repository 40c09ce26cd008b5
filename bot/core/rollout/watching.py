"""Watching → succeeded: at 100 % the canary is judged on, against what stable answered before.

An alarm there rolls nothing back: stable gets traffic again, and both are compared once more. The
environment is free meanwhile; the next deployment ends the watch, unless that is being done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase, ServiceRollout
from bot.core.evidence import Finding, Outcome
from bot.core.rollout.judging import condemned, judged, next_move, shadowed
from bot.core.rollout.shifting import going
from bot.core.rollout.splits import arrived
from bot.core.rollout.traffic import FULL, moved_by_others, observed, towards, working
from bot.core.rollout.turn import (
    Turn,
    at_level,
    enter,
    fail,
    soon,
    tell_step,
    wait,
)
from bot.core.rollout.wants import next_visible
from bot.core.route import Stage
from bot.core.sight import ServiceSeen, Sight
from bot.core.verdict import reason

if TYPE_CHECKING:
    from datetime import datetime

UNSEEN = 2
"""How many times its length a watch may last that sees no windows."""


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Judge what is visible; end the watch in time, or when somebody moved the traffic."""
    if deployment.course.stage is Stage.RECHECK or deployment.share_since is None:
        return _rechecked(deployment, seen, now)
    for service in _judged(deployment):
        live = seen.services.get(service.plan.name, ServiceSeen(exists=False))
        if live.share_of(service.revision) != FULL:
            return Turn(enter(deployment, Phase.SUCCEEDED, now))
    if now - deployment.phase_since >= UNSEEN * deployment.plan.rollout.watch:
        return Turn(enter(deployment, Phase.SUCCEEDED, now))
    return Turn(_moved(deployment, seen, now))


def _rechecked(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Bring traffic to the shares of a recheck and back, and compare."""
    if moved_by_others(deployment, seen):
        return Turn(enter(deployment, Phase.SUCCEEDED, now))
    deployment = observed(deployment, seen)
    if actions := towards(deployment, seen):
        return Turn(wait(deployment, "traffic", soon(deployment, now)), actions)
    if any(working(service, seen) for service in at_level(deployment)):
        return Turn(wait(deployment, "traffic", soon(deployment, now)))
    if deployment.share_since is None:
        deployment = _arrived(deployment, now)
    return Turn(_moved(deployment, seen, now))


def _arrived(deployment: Deployment, now: datetime) -> Deployment:
    deployment = arrived(deployment, now)
    said = [reason(s.verdict) for s in at_level(deployment) if s.verdict]
    rechecking = deployment.course.stage is Stage.RECHECK
    what = "compared with stable again" if rechecking else "stable does as badly, or no longer so"
    why = "; ".join((what, *said))
    return tell_step(replace(deployment, share_since=now), deployment.share, why, now)


def _moved(deployment: Deployment, seen: Sight, now: datetime) -> Deployment:
    if seen.metrics_down:
        return wait(deployment, "metrics-down", next_visible(deployment, now))
    services = _judged(deployment)
    deployment = judged(deployment, {s.plan.name for s in services}, seen, now)
    deployment = shadowed(deployment, now)
    current = _judged(deployment)
    move = next_move(deployment, _compared(deployment, current))
    if move.outcome is Outcome.ROLLED_BACK:
        return fail(deployment, condemned(deployment), now)
    if move.outcome is Outcome.PROMOTED or not current:
        return enter(deployment, Phase.SUCCEEDED, now)
    if move.course != deployment.course:
        return going(_at_alarm(deployment, current), move.course, now)
    return wait(deployment, move.waiting, next_visible(deployment, now))


def _at_alarm(deployment: Deployment, services: tuple[ServiceRollout, ...]) -> Deployment:
    """Only the level of the service that gave the alarm is compared again."""
    alarmed = (s for s in services if s.verdict and s.verdict.finding is Finding.ALARMED)
    service = next(alarmed, None)
    return replace(deployment, level=service.plan.level) if service else deployment


def _compared(deployment: Deployment, services: tuple[ServiceRollout, ...]) -> list[ServiceRollout]:
    """Return the services that the course is about: in a recheck only those of its level."""
    if deployment.course.stage is not Stage.RECHECK:
        return list(services)
    return [s for s in services if s.plan.level == deployment.level]


def _judged(deployment: Deployment) -> tuple[ServiceRollout, ...]:
    """Return the services that had a canary: others have nothing to be compared with."""
    return tuple(
        s
        for s in deployment.services
        if s.changed and not s.first and any(split.share < FULL for split in s.splits)
    )
