"""Queued → building: which services differ from what runs, now that the environment is ours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.rollout import restoring
from bot.core.rollout.addresses import without_address
from bot.core.rollout.labels import image_digest, owned_by_another, serves_already, serving_digest
from bot.core.rollout.turn import SPLIT, Turn, enter, fail, wait
from bot.core.rollout.wants import called_by

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.model import Refusal
    from bot.core.sight import ServiceSeen, Sight


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Compare each service with its serving revision; only what differs takes part."""
    if deployment.restores:
        return restoring.look(deployment, seen, now)
    if seen.refusals:
        return Turn(fail(deployment, _no_longer(seen.refusals), now))
    for service in deployment.services:
        live = seen.services[service.plan.name]
        failure = (
            _obstacle(deployment, service, live)
            or _alone(deployment, service, seen)
            or without_address(deployment, service, seen)
            or _without_secret(service, seen)
        )
        if failure:
            return Turn(fail(deployment, failure, now))
    if split := _split(deployment, seen):
        return Turn(wait(split, SPLIT, _patiently(split, now)))
    deployment = _noted(deployment, seen)
    services = tuple(_compared(s, seen) for s in deployment.services)
    changed = [service.plan.level for service in services if service.changed]
    compared = replace(deployment, services=services, level=min(changed, default=0))
    return Turn(enter(compared, Phase.BUILDING if changed else Phase.UNCHANGED, now))


def _no_longer(refusals: tuple[Refusal, ...]) -> Failure:
    """Say what has changed between the command and its turn."""
    first, *others = refusals
    return Failure(
        code=FailureCode.REFUSED,
        service="",
        reason=f"when its turn came, {first.reason}",
        detail="\n".join(other.reason for other in others),
        logs=(),
        commands=tuple(dict.fromkeys(c for refusal in refusals for c in refusal.commands)),
    )


def _noted(deployment: Deployment, seen: Sight) -> Deployment:
    if not seen.unpinned:
        return deployment
    note = (
        f"secrets are not pinned, so a rollback may read newer versions: {seen.unpinned}. "
        "Grant the consumer's account roles/secretmanager.viewer"
    )
    plan = replace(deployment.plan, notes=(*deployment.plan.notes, note))
    return replace(deployment, plan=plan)


def _without_secret(service: ServiceRollout, seen: Sight) -> Failure | None:
    versions = seen.secrets.get(service.plan.name, {})
    absent = sorted(name for name, version in versions.items() if not version)
    if not absent:
        return None
    return Failure(
        code=FailureCode.REJECTED,
        service=service.plan.name,
        reason=f"the service {service.plan.name} reads the latest version of "
        f"{', '.join(absent)}, of which there is none",
        logs=(),
    )


def _compared(service: ServiceRollout, seen: Sight) -> ServiceRollout:
    service = replace(service, secrets=seen.secrets.get(service.plan.name, {}))
    live = seen.services[service.plan.name]
    same = serves_already(service, live)
    known = serving_digest(service, live) if same else seen.images.get(service.plan.name, "")
    digest = service.digest or known
    if not live.serving or service.plan.name in seen.unreleased:
        return replace(service, first=True, digest=digest, url=live.uri, split={})
    return replace(
        service,
        changed=not same,
        stable=live.serving,
        stable_digest=image_digest(live),
        digest=digest,
        url=live.uri,
        pinned=live.follows_latest,
        split={},
    )


def _split(deployment: Deployment, seen: Sight) -> Deployment | None:
    """Return the deployment with every divided traffic on record; None where there is none.

    Which revision is the stable one is people's to say: a canary of somebody else's may be going.
    """
    found = {name: live.shares for name, live in seen.services.items() if not live.serving}
    if not any(found.get(service.plan.name) for service in deployment.services):
        return None
    services = tuple(replace(s, split=found.get(s.plan.name, {})) for s in deployment.services)
    return replace(deployment, services=services)


def _patiently(deployment: Deployment, now: datetime) -> datetime:
    waited = (now - deployment.phase_since).total_seconds()
    return now + timedelta(seconds=min(60.0, max(0.5, waited / 4)))


def _obstacle(deployment: Deployment, service: ServiceRollout, live: ServiceSeen) -> Failure | None:
    name = service.plan.key.service
    if owner := owned_by_another(deployment, live):
        return Failure(
            code=FailureCode.REJECTED,
            service=service.plan.name,
            reason=f"Cloud Run service {name} belongs to another repository (id {owner})",
            logs=(),
        )
    return None


def _alone(deployment: Deployment, service: ServiceRollout, seen: Sight) -> Failure | None:
    """Say so when a service calls one that neither takes part nor runs already."""
    others = called_by([service]) - {s.plan.name for s in deployment.services}
    absent = sorted(name for name in others if not seen.services[name].exists)
    if not absent:
        return None
    return Failure(
        code=FailureCode.REJECTED,
        service=service.plan.name,
        reason=f"the service {service.plan.name} calls {', '.join(absent)}, which is not deployed "
        f"to {deployment.environment}",
        logs=(),
    )
