"""Which share of the traffic the canary had when: what a metric window is labelled with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.rollout.turn import at_level, with_service
from bot.core.route import Split

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.deployment import Deployment, ServiceRollout


def arrived(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment with a split of its level that begins now."""
    deployment = left(deployment, now)
    for service in at_level(deployment):
        begun = Split(share=deployment.share, since=now)
        service = replace(service, splits=(*service.splits, begun))  # noqa: PLW2901  # the same one
        deployment = with_service(deployment, service)
    return deployment


def resumed(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment with new splits for those of its level whose last one is over."""
    for service in at_level(deployment):
        if service.splits and service.splits[-1].until is not None:
            begun = Split(share=service.splits[-1].share, since=now)
            after = replace(service, splits=(*service.splits, begun))
            deployment = with_service(deployment, after)
    return deployment


def left(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment with the present split of its level over."""
    for service in at_level(deployment):
        deployment = with_service(deployment, ended(service, now))
    return deployment


def ended(service: ServiceRollout, now: datetime) -> ServiceRollout:
    """Return the service with its present split over."""
    if not service.splits or service.splits[-1].until is not None:
        return service
    last = replace(service.splits[-1], until=now)
    return replace(service, splits=(*service.splits[:-1], last))


def share_within(service: ServiceRollout, start: datetime, end: datetime) -> int | None:
    """Return the share at which a window lies wholly; None when it straddles a change."""
    for split in service.splits:
        if split.since <= start and (split.until is None or end <= split.until):
            return split.share
    return None
