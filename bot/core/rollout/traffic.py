"""Bring the traffic of a level to the wanted share, and mind what other people do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.action import Action, OpenToAll, Shift
from bot.core.deployment import Deployment, Failure, FailureCode, ServiceRollout
from bot.core.rollout.setbacks import (
    FAILING,
    awaited,
    beaten,
    heard,
    lasting,
    rest_over,
    resting,
    words,
    working,
)
from bot.core.rollout.splits import left
from bot.core.rollout.turn import Turn, at_level, earlier, fail, soon, wait, with_service
from bot.core.rollout.wants import next_visible

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.sight import ServiceSeen, Sight

FULL = 100


def hindered(deployment: Deployment, seen: Sight, now: datetime) -> Deployment | None:
    """Return how the deployment meets what other people do to its services' traffic."""
    moved = moved_by_others(deployment, seen)
    unsettled = any(_unsettled(service, seen) for service in at_level(deployment))
    if unsettled and not deployment.restores:
        resting = deployment.share_since is not None and not moved
        return None if resting else wait(deployment, "traffic", soon(deployment, now))
    for service in at_level(deployment):
        if not seen.services[service.plan.name].exists:
            return fail(deployment, deleted(service), now)
    if moved and not deployment.retaken_by:
        return held(deployment, moved, seen.services[moved], now)
    return None


def _unsettled(service: ServiceRollout, seen: Sight) -> bool:
    """Tell whether an edit that is not ours is still on its way: judged is what rests meanwhile."""
    return seen.services[service.plan.name].reconciling and not service.operation


def held(deployment: Deployment, name: str, live: ServiceSeen, now: datetime) -> Deployment:
    """Return the deployment as it waits for people to put back what they moved."""
    why = f"traffic of {name} was moved by somebody: held until it is put back"
    seen_before = now - deployment.sampling.window
    waiting = left(deployment, seen_before)
    waiting = replace(waiting, share_since=None, moved=True, traffic_found=_shares(live))
    return wait(waiting, why, next_visible(deployment, now))


def _shares(live: ServiceSeen) -> str:
    return ", ".join(f"{t.revision} {t.percent} %" for t in live.traffic if t.percent)


def deleted(service: ServiceRollout) -> Failure:
    """Return why a deployment ends whose service is gone."""
    return Failure(
        code=FailureCode.TRAFFIC_CHANGED,
        service=service.plan.name,
        reason=f"somebody deleted Cloud Run service {service.plan.key.service}",
        logs=(),
    )


def moved_by_others(deployment: Deployment, seen: Sight) -> str:
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
    if service.operation and written is not None and written.done and not words(service, seen):
        return (wanted,)
    return (service.share, wanted)


def _wanted(deployment: Deployment, service: ServiceRollout) -> int:
    return FULL if service.first else deployment.share


def observed(deployment: Deployment, seen: Sight, now: datetime) -> Deployment:
    """Return the deployment with the shares as they are, and what came of unfinished writes."""
    for service in at_level(deployment):
        live = seen.services[service.plan.name]
        after = replace(service, share=live.share_of(service.revision))
        there = _there(deployment, service, live)
        deployment = with_service(deployment, heard(after, seen, now, there=there))
    return deployment


def written(
    deployment: Deployment, seen: Sight, now: datetime, back: tuple[Action, ...] = ()
) -> Turn | None:
    """Return what is asked for or awaited until the traffic is where it should be, or None.

    `back` is what is asked for services of earlier levels.
    """
    services = (*at_level(deployment), *earlier(deployment))
    if failure := beaten(services):
        return Turn(fail(deployment, failure, now))
    actions = (*back, *_towards(deployment, seen, now))
    moving = bool(actions) or any(working(service, seen) for service in services)
    rest = rest_over(services)
    if rest is None and not moving:
        return None
    until = soon(deployment, now) if moving or rest is None else rest
    going = replace(deployment, stuck=lasting(deployment, now))
    return Turn(wait(going, FAILING if rest else awaited(going, now), until), actions)


def _towards(deployment: Deployment, seen: Sight, now: datetime) -> tuple[Action, ...]:
    """Return the writes that bring every service to its share."""
    actions: list[Action] = []
    for service in at_level(deployment):
        live = seen.services[service.plan.name]
        if working(service, seen) or resting(service, now):
            continue
        if not _there(deployment, service, live):
            actions.append(_shift(deployment, service, live))
        elif _to_be_opened(deployment, service):
            actions.append(OpenToAll(service=service.plan.name, key=service.plan.key))
    return tuple(actions)


def _there(deployment: Deployment, service: ServiceRollout, live: ServiceSeen) -> bool:
    share = _wanted(deployment, service)
    tagged = deployment.share == FULL and bool(live.tagged(service.tag))
    if _to_be_visited(deployment, service) and not live.tagged(service.tag):
        return False
    split = (live.share_of(service.revision), live.share_of(service.stable))
    return split == (share, FULL - share) and not tagged and not live.follows_latest


def _to_be_visited(deployment: Deployment, service: ServiceRollout) -> bool:
    """Tell whether its tag has to lead somewhere: who moves traffic by hand may take it away."""
    return deployment.revisit is not None and service.plan.name in deployment.revisit.left


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
