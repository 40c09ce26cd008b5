"""An environment's places: who is active, who waits, who is watched, and what is live.

Pure: each function takes the record and returns it changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.failure import BAD
from bot.core.locks import after_rollback, entered, entry_of, holds, of_deployment
from bot.core.model import Environment, Release, ReleasedService
from bot.core.releases import before, of_services, rejecting, released, taken_back
from bot.core.rollout.turn import ENDS

if TYPE_CHECKING:
    from datetime import datetime


def enqueued(environment: Environment, deployment: str) -> Environment:
    """Return the environment with one more deployment waiting, and a wish for a look."""
    if deployment in (environment.active, environment.watching, *environment.queue):
        return environment
    queue = (*environment.queue, deployment)
    return replace(environment, queue=queue, asked=environment.asked + 1)


def settled(environment: Environment, deployment: Deployment) -> Environment:
    """Return the environment after a deployment came to its present phase."""
    phase = deployment.phase
    if deployment.id in environment.queue and phase in ENDS:
        return given_up(environment, deployment)
    if environment.active == deployment.id:
        if phase is Phase.WATCHING:
            freed = replace(environment, active="", watching=deployment.id)
            return _released(freed, deployment)
        if phase is Phase.SUCCEEDED:
            return _told_later(_released(replace(environment, active=""), deployment), deployment)
        if phase in ENDS:
            freed = replace(environment, active="")
            return _told_later(_returned(_judged(freed, deployment), deployment), deployment)
    if environment.watching == deployment.id and phase in ENDS:
        after = replace(environment, watching="")
        if phase not in {Phase.SUCCEEDED, Phase.FAILED}:
            after = taken_back(after)
        return _told_later(_judged(after, deployment), deployment)
    return environment


def activated(environment: Environment, deployment: Deployment) -> Environment:
    """Return the environment with one that waited active, when nobody is.

    A lock after a rollback is over with that.
    """
    if environment.active or deployment.id not in environment.queue:
        return environment
    others = tuple(waiting for waiting in environment.queue if waiting != deployment.id)
    return entered(replace(environment, active=deployment.id, queue=others), deployment)


def let_in(environment: Environment, deployment: Deployment) -> bool:
    """Tell whether no lock keeps this deployment out; a way back is always open."""
    return deployment.restores is not None or not holds(environment.lock, entry_of(deployment))


def held_by(environment: Environment, deployment: Deployment) -> str:
    """Return whose lock keeps this deployment waiting, or nothing."""
    lock = environment.lock
    kept = lock is not None and not let_in(environment, deployment)
    return f"locked by {lock.owner}: {lock.reason}" if lock and kept else ""


def given_up(environment: Environment, deployment: Deployment) -> Environment:
    """Return the environment without a deployment that ended as it waited."""
    queue = tuple(waiting for waiting in environment.queue if waiting != deployment.id)
    return _told_later(replace(environment, queue=queue), deployment)


def fully_told(environment: Environment, deployment: str) -> Environment:
    """Return the environment without an ended deployment of which all has been said."""
    telling = tuple(waiting for waiting in environment.telling if waiting != deployment)
    return replace(environment, telling=telling)


def place_in_queue(environment: Environment, deployment: str) -> int:
    """Return how many deployments go first: 0 when it is not waiting in the queue."""
    if deployment not in environment.queue:
        return 0
    ahead = environment.queue.index(deployment)
    return ahead + 1


def speaks_for(environment: Environment, deployment: str) -> bool:
    """Tell whether this deployment is what the environment is about now: on its way, or live."""
    live = environment.live.deployment if environment.live else ""
    return deployment in {environment.active, environment.watching, live, *environment.queue}


def pressed(deployment: Deployment, verb: str) -> str:
    """Return the command that a button of a deployment's check run stands for."""
    commit = f" {deployment.sha}" if verb == "deploy" else ""
    return f"/{verb} {deployment.environment}{commit}"


def _told_later(environment: Environment, deployment: Deployment) -> Environment:
    telling = dict.fromkeys((*environment.telling, deployment.id))
    return replace(environment, telling=tuple(telling))


def _released(environment: Environment, deployment: Deployment) -> Environment:
    release = release_of(environment.live, deployment, deployment.phase_since)
    met = replace(environment, live=before(environment.live, deployment))
    return _returned(released(met, release), deployment)


def _judged(environment: Environment, deployment: Deployment) -> Environment:
    """Remember what was taken back because it did badly; an abort says nothing about that."""
    failure = deployment.failure
    if deployment.phase is not Phase.ROLLED_BACK or failure is None:
        return environment
    if failure.code not in BAD:
        return environment
    blamed = [s for s in deployment.services if s.changed and s.plan.name == failure.service]
    rejected = of_services(deployment, blamed, failure.reason, deployment.phase_since)
    lock = of_deployment(deployment, f"rolled back: {failure.reason}")
    closed = after_rollback(environment, deployment.sha, lock)
    return rejecting(closed, rejected) if blamed else closed


def _returned(environment: Environment, deployment: Deployment) -> Environment:
    """Remember what people rolled back, and keep it out, once the way back has ended well."""
    away = deployment.away_from
    if away is None or deployment.phase not in {Phase.SUCCEEDED, Phase.UNCHANGED}:
        return environment
    environment = rejecting(environment, away) if away.services else environment
    return after_rollback(environment, away.sha, of_deployment(deployment, away.why))


def release_of(live: Release | None, deployment: Deployment, now: datetime) -> Release:
    """Return the full map of what the environment runs now, unchanged services copied."""
    if deployment.restores:
        return _restored(deployment.restores, deployment, now)
    services = dict(live.services) if live else {}
    for service in deployment.services:
        if service.changed or service.plan.name not in services:
            services[service.plan.name] = ReleasedService(
                revision=service.revision if service.changed else service.stable,
                digest=service.digest,
                settings_hash=service.settings_hash,
                sha=deployment.sha,
                deployment=deployment.id,
                secrets=service.secrets,
            )
    return Release(
        deployment=deployment.id,
        sha=deployment.sha,
        number=deployment.number,
        at=now,
        services=services,
    )


def _restored(release: Release, deployment: Deployment, now: datetime) -> Release:
    """Return an earlier release as it runs again; what was gone has a new revision."""
    revisions = {service.plan.name: service.revision for service in deployment.services}
    services = {
        name: replace(one, revision=revisions.get(name, one.revision))
        for name, one in release.services.items()
    }
    return replace(release, deployment=deployment.id, at=now, services=services)
