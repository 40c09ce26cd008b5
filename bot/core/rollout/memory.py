"""What an environment remembers of an image and its settings: it served well, or came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, Failure, FailureCode
from bot.core.rejected import content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from bot.core.deployment import ServiceRollout
    from bot.core.model import Release
    from bot.core.rejected import Content
    from bot.core.sight import Memory


def came_back(deployment: Deployment, memory: Memory) -> Failure | None:
    """Return why this is not rolled out again, unless people insist or something is different."""
    if deployment.retry:
        return None
    ours = {service.plan.name: _content(service) for service in deployment.services}
    for bad in memory.rejected:
        if bad.is_in(ours):
            return Failure(
                code=FailureCode.REJECTED_BEFORE,
                service="",
                reason=f"the same image with the same settings was taken back before: {bad.why}",
                detail=f"{', '.join(bad.services)} of {bad.sha[:7]}, {bad.at:%Y-%m-%d %H:%M} UTC",
                logs=(),
            )
    return None


def served_well(deployment: Deployment, memory: Memory) -> str:
    """Return why the ramp can be skipped: a revert to something that is known to be good.

    Every service that changes ran this image with these settings and secrets in a release that
    was not taken back and outlasted the watch.
    """
    changed = [service for service in deployment.services if service.changed and not service.first]
    good = list(_outlasted(memory, deployment.plan.rollout.watch))
    if not changed or any(service.first for service in deployment.services):
        return ""
    for release in good:
        if all(_ran(release, service) for service in changed):
            return (
                f"no steps: {release.sha[:7]} served well with the same images and settings "
                f"since {release.at:%Y-%m-%d %H:%M} UTC"
            )
    return ""


def _outlasted(memory: Memory, watch: timedelta) -> Iterator[Release]:
    """Yield the releases that served for as long as one is watched, and were not taken back."""
    after = memory.live
    for release in memory.past:
        if after is not None and after.at - release.at >= watch and not _bad(release, memory):
            yield release
        after = release


def _bad(release: Release, memory: Memory) -> bool:
    ran = {name: one.content for name, one in release.services.items()}
    return any(bad.is_in(ran) for bad in memory.rejected)


def _ran(release: Release, service: ServiceRollout) -> bool:
    one = release.services.get(service.plan.name)
    return one is not None and one.content == _content(service)


def _content(service: ServiceRollout) -> Content:
    return content(service.digest, service.settings_hash, service.secrets)
