"""Rolling back → rolled back or failed: traffic to stable, one write per service, last first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.action import Shift
from bot.core.deployment import Deployment, FailureCode, Phase, ServiceRollout
from bot.core.rollout.turn import Turn, enter, soon, tell_step, wait, with_service

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.sight import ServiceSeen, Sight

FULL = 100
PATIENCE = timedelta(minutes=10)
"""After so long without success people are told, with what to type by hand."""


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Return what still has traffic or a tag of ours; end when nothing has."""
    if (failure := deployment.failure) and failure.logs is None and seen.logs is not None:
        deployment = replace(deployment, failure=replace(failure, logs=seen.logs))
    for name in seen.operations:
        deployment = _settled(deployment, seen, name)
    by_hand = deployment.moved
    back = tuple(
        _back(service, seen.services[service.plan.name], by_hand=by_hand)
        for service in reversed(deployment.services)
        if service.plan.name in seen.services
        and not service.operation
        and _ours_left(service, seen.services[service.plan.name], by_hand=by_hand)
    )
    working = any(service.operation for service in deployment.services)
    if back or working:
        stuck = replace(deployment, stuck=now - deployment.phase_since > PATIENCE)
        said = deployment.waiting if deployment.attempts else "traffic"
        return Turn(wait(stuck, said, soon(deployment, now)), back)
    return Turn(_ended(deployment, now))


def _settled(deployment: Deployment, seen: Sight, name: str) -> Deployment:
    if not seen.operations[name].done:
        return deployment
    service = next(s for s in deployment.services if s.plan.name == name)
    return with_service(deployment, replace(service, operation=""))


def _ours_left(service: ServiceRollout, live: ServiceSeen, *, by_hand: bool) -> bool:
    if service.first or not live.exists:
        return False
    shares = live.share_of(service.revision) > 0 and not by_hand
    return shares or bool(live.tag_url(service.tag))


def _back(service: ServiceRollout, live: ServiceSeen, *, by_hand: bool) -> Shift:
    """All to stable where the canary has traffic; where people moved it, only our tag goes."""
    percents = {service.stable: FULL}
    if by_hand or not live.share_of(service.revision):
        percents = {t.revision: live.share_of(t.revision) for t in live.traffic if t.percent}
    return Shift(
        service=service.plan.name,
        key=service.plan.key,
        percents=percents,
        tags={},
        drop_tag=service.tag,
        etag=live.etag,
    )


def _ended(deployment: Deployment, now: datetime) -> Deployment:
    had_traffic = any(step.share for step in deployment.steps_taken)
    judged = deployment.failure is not None and deployment.failure.code is FailureCode.CANARY_WORSE
    canaries = any(s.changed and not s.first for s in deployment.services)
    if judged or (had_traffic and canaries):
        told = tell_step(replace(deployment, share=0), 0, "all traffic back on stable", now)
        return enter(told, Phase.ROLLED_BACK, now)
    return enter(replace(deployment, share=0), Phase.FAILED, now)
