"""Shifting → the next level, or the end: traffic moves in steps while the verdict allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import course, verdict
from bot.core.deployment import Deployment, Phase, ServiceRollout
from bot.core.evidence import Outcome
from bot.core.rollout import answers, blindness, passed, planning, unjudged
from bot.core.rollout.judging import (
    condemned,
    judged,
    next_move,
    shadowed,
)
from bot.core.rollout.splits import arrived, left
from bot.core.rollout.traffic import FULL, hindered, observed, written
from bot.core.rollout.turn import (
    Turn,
    at_level,
    earlier,
    enter,
    fail,
    tell_step,
    wait,
)
from bot.core.rollout.wants import next_visible

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.route import Course
    from bot.core.sight import Sight

FIRST = "first deployment: no stable revision to compare with, so no canary"


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Bring every service to the wanted share, let it bake, judge, go on or go back."""
    if stopped := hindered(deployment, seen, now) or passed.hindered(deployment, seen, now):
        return Turn(stopped)
    deployment = observed(_put_back(deployment, now), seen, now)
    deployment = passed.observed(deployment, seen, now)
    if turn := written(deployment, seen, now, passed.back(deployment, seen, now)):
        return turn
    deployment = _arrived(replace(passed.rejoined(deployment, now), retaken_by=""), now)
    if deployment.share == FULL:
        return Turn(_level_done(deployment, now))
    return Turn(_baked(deployment, seen, now))


def _put_back(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment as it goes on: after a hold a step has all its time again."""
    since = now if deployment.moved else deployment.phase_since
    return replace(deployment, moved=False, phase_since=since)


def next_step(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment on its way to the next share."""
    return going(deployment, course.risen(deployment.course, deployment.route), now)


def going(deployment: Deployment, to: Course, now: datetime) -> Deployment:
    """Return the deployment on its way to where the course leads, its present split over."""
    deployment = left(deployment, now)
    onward = replace(deployment, course=to, share=to.share, share_since=None)
    return enter(replace(onward, blind_since=None, unseen=""), deployment.phase, now)


def _arrived(deployment: Deployment, now: datetime) -> Deployment:
    if deployment.share_since is not None:
        return deployment
    first = all(service.first for service in at_level(deployment))
    why = deployment.skips or (FIRST if first else _so_far(deployment))
    deployment = arrived(deployment, now)
    deployment = replace(deployment, share_since=now, unseen="", revisit=None)
    return tell_step(deployment, deployment.share, why, now)


def _so_far(deployment: Deployment) -> str:
    """Return what the step before showed: the reason for this one; for the first, of the steps."""
    canaries = [s for s in at_level(deployment) if not s.first]
    if deployment.unseen:
        return _joined(deployment.unseen, unjudged.looked_at(deployment, *canaries))
    shown = _joined(*(_with_doubt(deployment, s) for s in canaries if s.verdict))
    return shown or planning.chosen(deployment)


def _joined(*said: str) -> str:
    return "; ".join(filter(None, said))


def _with_doubt(deployment: Deployment, service: ServiceRollout) -> str:
    """Return the numbers, and what could not have been seen where they are few."""
    said = verdict.reason(service.verdict) if service.verdict else ""
    requests = service.evidence.canary.requests
    if requests >= deployment.plan.rollout.min_requests:
        return said
    few = f"not-enough-traffic, {requests} requests: {verdict.unseen(requests)}"
    return _joined(few, unjudged.looked_at(deployment, service), said)


def _level_done(deployment: Deployment, now: datetime) -> Deployment:
    later = [s.plan.level for s in deployment.services if s.changed]
    later = [level for level in later if level > deployment.level]
    if later:
        onward = replace(deployment, level=min(later), share=0, share_since=None)
        return enter(onward, Phase.STAGING, now)
    ramped = any(service.changed and not service.first for service in deployment.services)
    if deployment.plan.rollout.watch and ramped:
        watched = replace(deployment, course=course.at_full(deployment.course))
        return enter(watched, Phase.WATCHING, now)
    return enter(deployment, Phase.SUCCEEDED, now)


def _baked(deployment: Deployment, seen: Sight, now: datetime) -> Deployment:
    deployment = unjudged.visited(deployment, seen)
    if deployment.revisit and (failure := answers.beaten(deployment)):
        return fail(deployment, failure, now)
    if seen.metrics_down:
        return _blind(deployment, seen, blindness.DOWN, now)
    names = {s.plan.name for s in (*at_level(deployment), *earlier(deployment))}
    deployment = shadowed(judged(deployment, names, seen, now), now)
    beside = [s for s in earlier(deployment) if not s.first]
    move = next_move(deployment, [s for s in at_level(deployment) if not s.first], beside)
    if move.outcome is Outcome.ROLLED_BACK:
        return fail(deployment, condemned(deployment, move.waiting), now)
    if move.waiting in blindness.BLIND:
        return _blind(deployment, seen, move.waiting, now)
    if move.course != deployment.course:
        return going(deployment, move.course, now)
    seeing = replace(deployment, blind_since=None, unseen="")
    return wait(seeing, move.waiting, next_visible(deployment, now))


def _blind(deployment: Deployment, seen: Sight, why: str, now: datetime) -> Deployment:
    """Wait for numbers, or go on without, saying so."""
    blind = replace(deployment, unseen=blindness.cause(deployment, seen))
    if stopped := blindness.blinded(blind, why, now):
        return stopped
    length = now - (deployment.blind_since or now)
    return replace(next_step(blind, now), unseen=blindness.promoted(why, length))
