"""Staging → smoke: a new revision of each service of this level, ready, tagged, without traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.action import Stage
from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.model import Image, image_key
from bot.core.rollout.addresses import without_address
from bot.core.rollout.labels import REPOSITORY, labels_of, owned_by_another
from bot.core.rollout.references import filled, referred
from bot.core.rollout.refused import setting_of
from bot.core.rollout.secrets import pinned
from bot.core.rollout.turn import Turn, at_level, enter, fail, soon, wait, with_service

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.action import Action
    from bot.core.sight import RevisionSeen, ServiceSeen, Sight

FULL = 100
GONE = "CONTAINER_MISSING"
"""Cloud Run's word for an image that is not in its registry, such as one that a cleanup took
(https://cloud.google.com/run/docs/reference/rest/v2/Condition#CommonReason)."""
REBUILT = (
    "its image is in the registry no more, and forgotten here: ask again, and it is built anew"
)

DEPLOYED = (
    "its image is in the registry no more, and a rollback builds none: deploy that commit, or "
    "return to another release"
)


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Make what is missing, wait for what is not ready, stop at what cannot become ready."""
    actions: list[Action] = []
    ready = True
    for service in (one for one in at_level(deployment) if not one.standing):
        live = seen.services[service.plan.name]
        revision = live.revisions.get(service.revision)
        if failure := (
            _obstacle(deployment, service, live)
            or without_address(deployment, service, seen)
            or _failure(deployment, service, seen)
        ):
            forgotten = _forgotten(deployment, service, revision, now)
            return Turn(fail(deployment, failure, now), images=forgotten)
        edited = live.reconciling and not deployment.restores
        if _unasked(service, revision, seen) and not edited:
            actions.append(_stage(deployment, service, seen))
        if revision is None or not revision.ready or not _tagged(service, live):
            ready = False
            continue
        deployment = with_service(deployment, _staged(service, live))
    if ready:
        return Turn(enter(deployment, Phase.SMOKE, now), tuple(actions))
    return Turn(wait(deployment, "revision", soon(deployment, now)), tuple(actions))


def _unasked(service: ServiceRollout, revision: RevisionSeen | None, seen: Sight) -> bool:
    """Tell whether to ask for it: it is missing, or it is there and the answer was lost.

    To ask for what is there writes nothing, and the answer says what was kept.
    """
    return service.kept is None if revision else not _working(service, seen)


def _working(service: ServiceRollout, seen: Sight) -> bool:
    operation = seen.operations.get(service.plan.name)
    return operation is not None and not operation.done


def _tagged(service: ServiceRollout, live: ServiceSeen) -> bool:
    return live.tagged(service.tag) == service.revision


def _staged(service: ServiceRollout, live: ServiceSeen) -> ServiceRollout:
    return replace(
        service,
        operation="",
        url=live.uri,
        tag_url=live.tag_url(service.tag),
        share=live.share_of(service.revision),
    )


def _stage(deployment: Deployment, service: ServiceRollout, seen: Sight) -> Stage:
    live = seen.services[service.plan.name]
    settings = pinned(service.plan.cloud_run, service.secrets)
    urls = {name: seen.services[name].uri for name in referred(settings.env)}
    return Stage(
        service=service.plan.name,
        key=service.plan.key,
        revision=service.revision,
        revision_tag=service.tag,
        image=f"{service.plan.image}@{service.digest}",
        cloud_run=replace(settings, env=filled(settings.env, urls)),
        labels=labels_of(deployment, service),
        stable=service.stable,
        percents=_meanwhile(deployment, service, live),
        etag=live.etag,
    )


def _meanwhile(
    deployment: Deployment, service: ServiceRollout, live: ServiceSeen
) -> dict[str, int]:
    """Return who answers until it is ready: a rollback takes traffic from wherever people put it.

    What follows LATEST is pinned, as the new revision is the latest.
    """
    if deployment.restores:
        return live.shares
    return {service.stable: FULL} if service.stable else {}


def _obstacle(deployment: Deployment, service: ServiceRollout, live: ServiceSeen) -> Failure | None:
    """Say so when the service is no longer what it was when this deployment began."""
    name = service.plan.key.service
    if owner := owned_by_another(deployment, live):
        what = f"Cloud Run service {name} belongs to another repository (id {owner})"
    elif service.first and live.exists and not service.url and not _made_here(deployment, live):
        what = f"somebody else made Cloud Run service {name} meanwhile"
    elif not (service.first or deployment.restores) and live.serving != service.stable:
        what = f"the traffic of {name} was moved by somebody"
    else:
        return None
    shares = ", ".join(f"{t.revision} {t.percent} %" for t in live.traffic if t.percent)
    return Failure(
        code=FailureCode.TRAFFIC_CHANGED,
        service=service.plan.name,
        reason=what,
        detail=f"now: {shares or 'no traffic'}; before: {service.stable or 'no service'}",
        logs=(),
    )


def _made_here(deployment: Deployment, live: ServiceSeen) -> bool:
    """Tell whether a deployment of this repository made it; `owned_by_another` was asked before."""
    return live.labels.get(REPOSITORY) == str(deployment.repository.id)


def _failure(deployment: Deployment, service: ServiceRollout, seen: Sight) -> Failure | None:
    name = service.plan.name
    revision = seen.services[name].revisions.get(service.revision)
    if revision is not None and revision.ready is False:
        return _not_ready(deployment, service, revision)
    operation = seen.operations.get(name)
    failed = operation is not None and operation.done and bool(operation.error)
    if operation is None or not failed or (revision is not None and not _unnamed(service, seen)):
        return None
    return Failure(
        code=FailureCode.REJECTED,
        service=name,
        reason=f"Cloud Run could not {'give an address to' if revision else 'make'} revision "
        f"{service.revision} of {name}",
        remedy="" if revision else setting_of(name),
        detail=operation.error,
        logs=(),
    )


def _not_ready(deployment: Deployment, service: ServiceRollout, revision: RevisionSeen) -> Failure:
    """Return the failure; a rollback builds nothing, so the same again would fail alike."""
    name, gone = service.plan.name, revision.reason == GONE
    built = f"/deploy {deployment.environment} {deployment.sha[:7]}"
    return Failure(
        code=FailureCode.REVISION_NOT_READY,
        service=name,
        reason=f"revision {service.revision} of {name} never became ready",
        remedy=(DEPLOYED if deployment.restores else REBUILT) if gone else "",
        detail=": ".join(filter(None, (revision.reason, revision.message))),
        commands=(built,) if gone and deployment.restores else (),
    )


def _forgotten(
    deployment: Deployment, service: ServiceRollout, revision: RevisionSeen | None, now: datetime
) -> tuple[Image, ...]:
    """Return the record of an image that is no more, as one of none."""
    if revision is None or revision.ready or revision.reason != GONE or not service.reuse_key:
        return ()
    key = image_key(deployment.repository, service.reuse_key)
    return (Image(key=key, digest="", built_at=now),)


def _unnamed(service: ServiceRollout, seen: Sight) -> bool:
    """Tell whether the revision stands and nothing is under way that would bring its tag."""
    live = seen.services[service.plan.name]
    revision = live.revisions.get(service.revision)
    stands = revision is not None and revision.ready is True
    return stands and not live.reconciling and not live.tagged(service.tag)
