"""An environment's places: who is active, who waits, who is watched, and what is live.

Pure: each function takes the record and returns it changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment, Release, ReleasedService
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
            return _told_later(replace(environment, active=""), deployment)
    if environment.watching == deployment.id and phase in ENDS:
        stays = phase in {Phase.SUCCEEDED, Phase.FAILED}
        live = environment.live if stays else environment.previous
        return _told_later(replace(environment, watching="", live=live), deployment)
    return environment


def next_active(environment: Environment) -> Environment:
    """Return the environment with the head of its queue active, when nobody is."""
    if environment.active or not environment.queue:
        return environment
    first, *others = environment.queue
    return replace(environment, active=first, queue=tuple(others))


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


def _told_later(environment: Environment, deployment: Deployment) -> Environment:
    telling = dict.fromkeys((*environment.telling, deployment.id))
    return replace(environment, telling=tuple(telling))


def _released(environment: Environment, deployment: Deployment) -> Environment:
    release = release_of(environment.live, deployment, deployment.phase_since)
    return replace(environment, live=release, previous=environment.live)


def release_of(live: Release | None, deployment: Deployment, now: datetime) -> Release:
    """Return the full map of what the environment runs now, unchanged services copied."""
    services = dict(live.services) if live else {}
    for service in deployment.services:
        if service.changed or service.plan.name not in services:
            services[service.plan.name] = ReleasedService(
                revision=service.revision if service.changed else service.stable,
                digest=service.digest,
                settings_hash=service.settings_hash,
                sha=deployment.sha,
            )
    return Release(
        deployment=deployment.id,
        sha=deployment.sha,
        number=deployment.number,
        at=now,
        services=services,
    )
