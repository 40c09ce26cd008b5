"""A canary that Cloud Run calls not ready any more: what request counts cannot see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout

if TYPE_CHECKING:
    from bot.core.sight import RevisionSeen, Sight

WITH_TRAFFIC = frozenset({Phase.SHIFTING, Phase.WATCHING})


def fallen_over(deployment: Deployment, seen: Sight) -> Failure | None:
    """Return why traffic must go back: a revision was ready, has traffic, and is not ready now.

    Instances that cannot start, or end again and again, answer nothing that could be counted
    (https://cloud.google.com/run/docs/reference/rest/v2/Condition). What was deployed for the
    first time has no stable revision to go back to, and is left to people.
    """
    if deployment.phase not in WITH_TRAFFIC:
        return None
    for service in deployment.services:
        live = seen.services.get(service.plan.name)
        revision = live.revisions.get(service.revision) if live else None
        if service.changed and not service.first and revision and revision.ready is False:
            return _failure(service, revision)
    return None


def _failure(service: ServiceRollout, revision: RevisionSeen) -> Failure:
    return Failure(
        code=FailureCode.REVISION_NOT_READY,
        service=service.plan.name,
        reason=f"revision {service.revision} of {service.plan.name} is not ready any more",
        detail=": ".join(filter(None, (revision.reason, revision.message))),
    )
