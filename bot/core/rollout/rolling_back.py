"""Rolling back → its end: traffic to stable, one write per service, last first; builds stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.action import CancelBuild, Shift
from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.rollout.building import build_tag
from bot.core.rollout.setbacks import (
    FAILING,
    MOST,
    awaited,
    lasting,
    overtakes,
    rest_over,
    resting,
    settled,
    words,
)
from bot.core.rollout.turn import Turn, enter, had_traffic, soon, tell_step, wait, with_service

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.sight import ServiceSeen, Sight

FULL = 100
_WANTED_ENDS = {FailureCode.ABORTED: Phase.ABORTED, FailureCode.SUPERSEDED: Phase.SUPERSEDED}


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Return what still has traffic or a tag of ours; end when nothing has."""
    if (failure := deployment.failure) and failure.logs is None and seen.logs is not None:
        deployment = replace(deployment, failure=replace(failure, logs=seen.logs))
    gone = _without_stable(deployment, seen)
    stays = gone | _moved_by_people(deployment, seen)
    deployment = _seen_with_traffic(_after_writes(deployment, seen, (stays, now)), seen)
    left = _left(deployment, seen, stays)
    due = tuple(service for service in left if not resting(service, now))
    deployment = _asked_back(deployment, due)
    back = tuple(_back(s, seen.services[s.plan.name], by_hand=s.plan.name in stays) for s in due)
    builds = tuple(_cancel(deployment, s) for s in deployment.services if still_built(s))
    working = any(service.operation for service in deployment.services)
    if not (left or working or builds):
        return Turn(_nowhere(deployment, gone, now) if gone else _ended(deployment, seen, now))
    rest = None if back or working or builds else rest_over(left)
    going = _told(deployment, awaited(deployment, now) if left or working else "build", now)
    return Turn(wait(going, going.waiting, rest or soon(deployment, now)), (*back, *builds))


def _after_writes(
    deployment: Deployment, seen: Sight, about: tuple[set[str], datetime]
) -> Deployment:
    """Return the deployment with what came of its writes; those before the return are past."""
    stays, now = about
    for service in deployment.services:
        name = service.plan.name
        live = seen.services.get(name)
        left = live is not None and _ours_left(service, live, by_hand=name in stays)
        deployment = with_service(deployment, _after_write(service, seen, now, left=left))
    return deployment


def _after_write(
    service: ServiceRollout, seen: Sight, now: datetime, *, left: bool
) -> ServiceRollout:
    """Return the service with what came of its write; people may have done by hand what hangs."""
    after = service if left and service.returning else replace(service, setback=None)
    live, operation = seen.services.get(service.plan.name), seen.operations.get(service.plan.name)
    if service.returning and not left and live and not live.reconciling:
        return replace(after, operation="")
    if operation is None or not operation.done:
        return after
    return settled(after, words(service, seen) if left and service.returning else "", now)


def _left(deployment: Deployment, seen: Sight, stays: set[str]) -> tuple[ServiceRollout, ...]:
    """Return the services that still have to give something back, last first."""
    return tuple(
        service
        for service in reversed(deployment.services)
        if (live := seen.services.get(service.plan.name))
        and overtakes(service, again=deployment.stuck and not live.reconciling)
        and _ours_left(service, live, by_hand=service.plan.name in stays)
    )


def _asked_back(deployment: Deployment, due: tuple[ServiceRollout, ...]) -> Deployment:
    for service in due:
        asked = replace(service, returning=True, operation="")
        deployment = with_service(deployment, asked)
    return deployment


def _told(deployment: Deployment, said: str, now: datetime) -> Deployment:
    """Return the deployment with what it waits for, and whether people must be alerted to it."""
    setbacks = [service.setback for service in deployment.services if service.setback]
    often = any(setback.times >= MOST for setback in setbacks)
    stuck = often or lasting(deployment, now)
    waiting = FAILING if setbacks else said
    waiting = deployment.waiting if deployment.attempts else waiting
    return replace(deployment, stuck=stuck, waiting=waiting)


def _without_stable(deployment: Deployment, seen: Sight) -> set[str]:
    """Return the services with traffic of ours whose stable revision was found to be deleted.

    It is looked for once a write was refused, or was taken and failed: Cloud Run does both
    (https://github.com/terraform-google-modules/terraform-docs-samples/pull/269).
    """
    return {
        s.plan.name
        for s in deployment.services
        if (deployment.attempts or s.setback)
        and s.changed
        and s.stable
        and (live := seen.services.get(s.plan.name))
        and live.share_of(s.revision)
        and s.stable not in live.revisions
    }


def _moved_by_people(deployment: Deployment, seen: Sight) -> set[str]:
    """Return the services whose traffic is not where the rollout had it when it was held for that.

    It stays where people put it; what they did not touch goes back.
    """
    return {
        s.plan.name
        for s in deployment.services
        if deployment.moved and (live := seen.services.get(s.plan.name))
        if not _as_we_had_it(deployment, s, live)
    }


def _as_we_had_it(deployment: Deployment, service: ServiceRollout, live: ServiceSeen) -> bool:
    share = live.share_of(service.revision)
    passed = service.first or service.plan.level < deployment.level
    ours = share + live.share_of(service.stable) == FULL
    return ours and share in {service.share, FULL if passed else deployment.share}


def _nowhere(deployment: Deployment, gone: set[str], now: datetime) -> Deployment:
    lost = [s for s in deployment.services if s.plan.name in gone]
    why = "; ".join(f"{s.stable} was deleted, so traffic stays on {s.revision}" for s in lost)
    reason = f"there is nothing to go back to: {why}"
    before = deployment.failure
    failure = Failure(
        code=FailureCode.STABLE_GONE,
        service=lost[0].plan.name,
        reason=f"{before.reason}, but {reason}" if before else reason,
        detail=before.detail if before else "",
        logs=(before.logs if before else None) or (),
        commands=(f"/rollback {deployment.environment}",),
    )
    return enter(replace(deployment, failure=failure), Phase.FAILED, now)


def still_built(service: ServiceRollout) -> bool:
    """Tell whether a build of ours may still be going on."""
    return service.build_asked and not service.digest and not service.build_over


def _cancel(deployment: Deployment, service: ServiceRollout) -> CancelBuild:
    return CancelBuild(
        service=service.plan.name,
        project=service.plan.key.project,
        region=deployment.plan.build_region or service.plan.key.region,
        build=service.build,
        build_tag=build_tag(deployment, service),
    )


def _seen_with_traffic(deployment: Deployment, seen: Sight) -> Deployment:
    """Return the deployment with traffic that was written and never seen to arrive.

    Where people moved some, the last share that was ours tells theirs from ours.
    """
    for service in () if deployment.moved else deployment.services:
        live = seen.services.get(service.plan.name)
        share = live.share_of(service.revision) if live else 0
        if share > service.share:
            deployment = with_service(deployment, replace(service, share=share))
    return deployment


def _ours_left(service: ServiceRollout, live: ServiceSeen, *, by_hand: bool) -> bool:
    if not live.exists:
        return False
    if service.first:
        return bool(live.tagged(service.tag))
    if service.standing:
        return _given_all(service, live) and not by_hand
    shares = live.share_of(service.revision) > 0 and not by_hand
    return shares or service.tag in live.tags_wanted or bool(live.tagged(service.tag))


def _given_all(service: ServiceRollout, live: ServiceSeen) -> bool:
    """Tell whether a revision that stood before has got all the traffic meanwhile."""
    elsewhere = service.stable not in {"", service.revision}
    return service.changed and elsewhere and live.share_of(service.revision) == FULL


def _back(service: ServiceRollout, live: ServiceSeen, *, by_hand: bool) -> Shift:
    """All to stable where the canary has traffic; elsewhere it stays, and only our tag goes."""
    percents = {service.stable: FULL}
    if service.first:
        percents = live.shares
    elif by_hand or not live.share_of(service.revision):
        percents = {}
    return Shift(
        service=service.plan.name,
        key=service.plan.key,
        percents=percents,
        tags={},
        drop_tag=service.tag,
        etag=live.etag,
    )


def _as_it_is(deployment: Deployment, seen: Sight) -> Deployment:
    """Return the deployment with the shares that people gave its revisions."""
    for service in deployment.services:
        live = seen.services.get(service.plan.name)
        share = live.share_of(service.revision) if live else 0
        deployment = with_service(deployment, replace(service, share=share))
    return deployment


def _ended(deployment: Deployment, seen: Sight, now: datetime) -> Deployment:
    deployment = _as_it_is(deployment, seen) if deployment.moved else deployment
    if end := _WANTED_ENDS.get(deployment.failure.code) if deployment.failure else None:
        return enter(replace(deployment, share=0), end, now)
    judged = deployment.failure is not None and deployment.failure.code is FailureCode.CANARY_WORSE
    canaries = any(s.changed and not s.first for s in deployment.services)
    if deployment.moved:
        return enter(deployment, Phase.FAILED, now)
    if judged or (had_traffic(deployment) and canaries):
        told = tell_step(replace(deployment, share=0), 0, "all traffic back on stable", now)
        return enter(told, Phase.ROLLED_BACK, now)
    return enter(replace(deployment, share=0), Phase.FAILED, now)
