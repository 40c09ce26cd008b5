"""Queued → shifting or staging, for a rollback: back to the revisions of an earlier release.

Nothing is built. What still stands gets all the traffic in one write per service; a revision that
is gone is made again from its digest and settings, and only then does anything move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.rollout.labels import owned_by_another, revision_name
from bot.core.rollout.turn import Turn, enter, fail

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.sight import ServiceSeen, Sight

FULL = 100


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Find out what still stands; whoever asked for this wants the traffic from wherever it is."""
    for service in deployment.services:
        if owner := owned_by_another(deployment, seen.services[service.plan.name]):
            return Turn(fail(deployment, _not_ours(service, owner), now))
    services = tuple(
        _found(deployment, service, seen.services[service.plan.name])
        for service in deployment.services
    )
    if lost := _lost(deployment, services):
        return Turn(fail(deployment, _gone(deployment, lost), now))
    found = replace(
        deployment, services=services, share=FULL, retaken_by=deployment.actor, share_since=None
    )
    changed = [service for service in services if service.changed]
    if not changed:
        return Turn(enter(found, Phase.UNCHANGED, now))
    standing = all(service.standing for service in changed)
    return Turn(enter(found, Phase.SHIFTING if standing else Phase.STAGING, now))


def _lost(deployment: Deployment, services: tuple[ServiceRollout, ...]) -> list[str]:
    """Return the revisions that others made, and somebody has deleted since."""
    there = deployment.restores.services if deployment.restores else {}
    names = [s.plan.name for s in services if not s.standing]
    return [there[name].revision for name in names if there[name].adopted]


def _gone(deployment: Deployment, revisions: list[str]) -> Failure:
    ran = f"what {deployment.environment} ran before, {', '.join(revisions)}"
    return Failure(
        code=FailureCode.REJECTED,
        service="",
        reason=f"{ran}, was not deployed from here and is deleted, so it cannot be made again",
        logs=(),
        commands=(f"/history {deployment.environment}",),
    )


def _found(deployment: Deployment, service: ServiceRollout, live: ServiceSeen) -> ServiceRollout:
    revision = live.revisions.get(service.revision)
    standing = revision is not None and revision.ready is not False
    if standing:
        return replace(
            service,
            standing=True,
            changed=live.serving != service.revision,
            stable=_most(live, service.revision),
            url=live.uri,
            smoke_passed=True,
            opened=True,
        )
    name = revision_name(service.plan.key.service, deployment.sha, deployment.id)
    stable = _most(live, name)
    return replace(service, revision=name, first=not live.exists, stable=stable, url=live.uri)


def _most(live: ServiceSeen, wanted: str) -> str:
    """Return the revision with the most traffic but the wanted: what is returned to if need be."""
    shares = {one: share for one, share in live.shares.items() if one != wanted}
    return max(shares, key=lambda revision: shares[revision], default="")


def _not_ours(service: ServiceRollout, owner: str) -> Failure:
    name = service.plan.key.service
    return Failure(
        code=FailureCode.REJECTED,
        service=service.plan.name,
        reason=f"Cloud Run service {name} belongs to another repository (id {owner})",
        logs=(),
    )
