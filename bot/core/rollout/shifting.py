"""Shifting → the next level, or the end: traffic moves in steps while the verdict allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import verdict
from bot.core.action import Action, OpenToAll, Shift
from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.evidence import Decision, VerdictConfig, Window
from bot.core.rollout.turn import (
    Turn,
    at_level,
    enter,
    fail,
    soon,
    tell_step,
    wait,
    with_service,
)
from bot.core.rollout.wants import next_visible

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.sight import ServiceSeen, Sight

FULL = 100
FIRST = "first deployment: no stable revision to compare with, so no canary"


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Bring every service to the wanted share, let it bake, judge, go on or go back."""
    if hindered := _hindered(deployment, seen, now):
        return Turn(hindered)
    deployment = _observed(replace(deployment, moved=False), seen)
    if actions := _towards(deployment, seen):
        return Turn(wait(deployment, "traffic", soon(deployment, now)), actions)
    if any(_working(service, seen) for service in at_level(deployment)):
        return Turn(wait(deployment, "traffic", soon(deployment, now)))
    deployment = _arrived(replace(deployment, retaken_by=""), now)
    if deployment.share == FULL:
        return Turn(_level_done(deployment, now))
    return Turn(_baked(deployment, seen, now))


def verdict_config(deployment: Deployment) -> VerdictConfig:
    """Return the rule's parameters for this deployment."""
    rollout = deployment.plan.rollout
    return VerdictConfig(
        min_bake=rollout.min_bake,
        max_bake=rollout.max_bake,
        min_requests=rollout.min_requests,
        margin=rollout.margin,
    )


def _hindered(deployment: Deployment, seen: Sight, now: datetime) -> Deployment | None:
    """Return how the deployment meets what other people do to its services' traffic."""
    if any(_unsettled(service, seen) for service in at_level(deployment)):
        return wait(deployment, "traffic", soon(deployment, now))
    for service in at_level(deployment):
        if not seen.services[service.plan.name].exists:
            return fail(deployment, _deleted(service), now)
    if (name := _moved_by_others(deployment, seen)) and not deployment.retaken_by:
        return _held(deployment, (name, _shares(seen.services[name])), now)
    return None


def _unsettled(service: ServiceRollout, seen: Sight) -> bool:
    """Tell whether an edit that is not ours is still on its way."""
    return seen.services[service.plan.name].reconciling and not service.operation


def _held(deployment: Deployment, moved: tuple[str, str], now: datetime) -> Deployment:
    name, found = moved
    why = f"traffic of {name} was moved by somebody: held until it is put back"
    held = replace(deployment, share_since=None, moved=True, traffic_found=found)
    return wait(held, why, next_visible(deployment, now))


def _shares(live: ServiceSeen) -> str:
    return ", ".join(f"{t.revision} {t.percent} %" for t in live.traffic if t.percent)


def _deleted(service: ServiceRollout) -> Failure:
    return Failure(
        code=FailureCode.TRAFFIC_CHANGED,
        service=service.plan.name,
        reason=f"somebody deleted Cloud Run service {service.plan.key.service}",
        logs=(),
    )


def _moved_by_others(deployment: Deployment, seen: Sight) -> str:
    """Return a service whose traffic is neither where we last saw it nor where we want it."""
    for service in at_level(deployment):
        live = seen.services[service.plan.name]
        share = live.share_of(service.revision)
        theirs = FULL - share - live.share_of(service.stable)
        if theirs or share not in _expected(deployment, service, seen):
            return service.plan.name
    return ""


def _expected(deployment: Deployment, service: ServiceRollout, seen: Sight) -> tuple[int, ...]:
    """Return the shares that may be ours: after a write that came through, only the wanted one."""
    wanted = _wanted(deployment, service)
    written = seen.operations.get(service.plan.name)
    if service.operation and written is not None and written.done and not written.error:
        return (wanted,)
    return (service.share, wanted)


def _wanted(deployment: Deployment, service: ServiceRollout) -> int:
    return FULL if service.first else deployment.share


def _observed(deployment: Deployment, seen: Sight) -> Deployment:
    for service in at_level(deployment):
        share = seen.services[service.plan.name].share_of(service.revision)
        done = "" if not _working(service, seen) else service.operation
        deployment = with_service(deployment, replace(service, share=share, operation=done))
    return deployment


def _working(service: ServiceRollout, seen: Sight) -> bool:
    operation = seen.operations.get(service.plan.name)
    return bool(service.operation) and operation is not None and not operation.done


def _towards(deployment: Deployment, seen: Sight) -> tuple[Action, ...]:
    actions: list[Action] = []
    for service in at_level(deployment):
        live = seen.services[service.plan.name]
        if _working(service, seen):
            continue
        if not _there(deployment, service, live):
            actions.append(_shift(deployment, service, live))
        elif _to_be_opened(deployment, service):
            actions.append(OpenToAll(service=service.plan.name, key=service.plan.key))
    return tuple(actions)


def _there(deployment: Deployment, service: ServiceRollout, live: ServiceSeen) -> bool:
    share = _wanted(deployment, service)
    tagged = deployment.share == FULL and bool(live.tag_url(service.tag))
    split = (live.share_of(service.revision), live.share_of(service.stable))
    return split == (share, FULL - share) and not tagged


def _to_be_opened(deployment: Deployment, service: ServiceRollout) -> bool:
    wanted = service.plan.cloud_run.allow_unauthenticated and not service.opened
    return wanted and (service.first or deployment.share == FULL)


def _shift(deployment: Deployment, service: ServiceRollout, live: ServiceSeen) -> Shift:
    share = _wanted(deployment, service)
    percents = {service.stable: FULL - share, service.revision: share}
    last = deployment.share == FULL
    return Shift(
        service=service.plan.name,
        key=service.plan.key,
        percents={revision: percent for revision, percent in percents.items() if percent},
        tags={} if last else {service.tag: service.revision},
        drop_tag=service.tag if last else "",
        etag=live.etag,
    )


def _arrived(deployment: Deployment, now: datetime) -> Deployment:
    if deployment.share_since is not None:
        return deployment
    first = all(service.first for service in at_level(deployment))
    why = deployment.skips or (FIRST if first else _so_far(deployment))
    for service in at_level(deployment):
        evidence = verdict.at_share(service.evidence, deployment.share)
        deployment = with_service(deployment, replace(service, evidence=evidence))
    return tell_step(replace(deployment, share_since=now), deployment.share, why, now)


def _so_far(deployment: Deployment) -> str:
    """Return what the step before showed: the reason for this one."""
    judged = [service.verdict for service in at_level(deployment) if service.verdict]
    return "; ".join(": ".join(filter(None, (read.waiting, read.reason))) for read in judged)


def _level_done(deployment: Deployment, now: datetime) -> Deployment:
    later = [s.plan.level for s in deployment.services if s.changed]
    later = [level for level in later if level > deployment.level]
    if later:
        onward = replace(deployment, level=min(later), share=0, share_since=None)
        return enter(onward, Phase.STAGING, now)
    judged = any(service.changed and not service.first for service in deployment.services)
    if deployment.plan.rollout.watch and judged:
        return enter(deployment, Phase.WATCHING, now)
    return enter(deployment, Phase.SUCCEEDED, now)


def _baked(deployment: Deployment, seen: Sight, now: datetime) -> Deployment:
    if seen.metrics_down:
        return wait(deployment, "metrics-down", next_visible(deployment, now))
    config = verdict_config(deployment)
    for service in at_level(deployment):
        if not service.first:
            judged = judge(service, seen.windows.get(service.plan.name, ()), config)
            deployment = with_service(deployment, judged)
    if failure := condemned(deployment):
        return fail(deployment, failure, now)
    verdicts = [s.verdict for s in at_level(deployment) if s.verdict is not None]
    waiting = [v.waiting for v in verdicts if v.decision is not Decision.ADVANCE]
    if waiting:
        return wait(deployment, waiting[0], next_visible(deployment, now))
    return next_step(deployment, now)


def judge(
    service: ServiceRollout, windows: tuple[Window, ...], config: VerdictConfig
) -> ServiceRollout:
    """Return the service with its evidence brought up to date and read."""
    evidence = service.evidence
    for window in windows:
        evidence = verdict.update(evidence, window, config)
    return replace(service, evidence=evidence, verdict=verdict.read(evidence, config))


def condemned(deployment: Deployment) -> Failure | None:
    """Return why traffic must go back, when a verdict says so."""
    for service in deployment.services:
        if service.verdict and service.verdict.decision is Decision.ROLL_BACK:
            return Failure(
                code=FailureCode.CANARY_WORSE,
                service=service.plan.name,
                reason=f"the canary of {service.plan.name} fails more often than stable",
                detail=service.verdict.reason,
            )
    return None


def next_step(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment on its way to the next share."""
    steps = deployment.plan.rollout.steps
    share = next(step for step in steps if step > deployment.share)
    onward = replace(deployment, share=share, share_since=None)
    return enter(onward, Phase.SHIFTING, now)
