"""Services of earlier levels: at 100 % already while a later level ramps, and minded too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.action import Shift
from bot.core.rollout import traffic
from bot.core.rollout.setbacks import heard, resting, working
from bot.core.rollout.splits import ended
from bot.core.rollout.turn import earlier, fail, with_service
from bot.core.route import Split

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.sight import ServiceSeen, Sight

FULL = traffic.FULL


def hindered(deployment: Deployment, seen: Sight, now: datetime) -> Deployment | None:
    """Return how the deployment meets what other people do to services that it is done with."""
    for service in earlier(deployment):
        live = seen.services[service.plan.name]
        if not live.exists:
            return fail(deployment, traffic.deleted(service), now)
        if not live.reconciling and not deployment.retaken_by and not _there(service, live):
            left = with_service(deployment, ended(service, now - deployment.sampling.window))
            return traffic.held(left, service.plan.name, live, now)
    return None


def rejoined(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment with those watched again that had been moved and are back."""
    for service in earlier(deployment):
        if service.splits and service.splits[-1].until is not None:
            splits = (*service.splits, Split(share=FULL, since=now))
            deployment = with_service(deployment, replace(service, splits=splits))
    return deployment


def observed(deployment: Deployment, seen: Sight, now: datetime) -> Deployment:
    """Return the deployment with what came of the writes that put their traffic back."""
    for service in earlier(deployment):
        there = _there(service, seen.services[service.plan.name])
        deployment = with_service(deployment, heard(service, seen, now, there=there))
    return deployment


def back(deployment: Deployment, seen: Sight, now: datetime) -> tuple[Shift, ...]:
    """Return the writes that give them all the traffic again, where somebody wants it back."""
    lives = [(service, seen.services[service.plan.name]) for service in earlier(deployment)]
    return tuple(
        _shift(service, live)
        for service, live in lives
        if deployment.retaken_by and not _there(service, live)
        if not (working(service, seen) or resting(service, now))
    )


def _there(service: ServiceRollout, live: ServiceSeen) -> bool:
    return live.share_of(service.revision) == FULL


def _shift(service: ServiceRollout, live: ServiceSeen) -> Shift:
    return Shift(
        service=service.plan.name,
        key=service.plan.key,
        percents={service.revision: FULL},
        tags={},
        drop_tag="",
        etag=live.etag,
    )
