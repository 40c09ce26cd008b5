"""Give a deployment its place in an environment, and end what it takes the place of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Deployment
from bot.core.environment import enqueued, settled
from bot.core.model import Environment
from bot.core.rollout.controls import superseded
from bot.core.superseding import gives_way, names, put_first
from bot.ports import World, Write

if TYPE_CHECKING:
    from collections.abc import Callable


def placed(world: World, deployment: Deployment) -> tuple[Write, ...]:
    """Return the deployment in the queue, and everything older that gives way to it."""
    return _placed(world, deployment, enqueued)


def placed_first(world: World, deployment: Deployment) -> tuple[Write, ...]:
    """Return the deployment before all others; what is on its way gives way to it."""
    return _placed(world, deployment, put_first)


def place_of(world: World, deployment: Deployment) -> tuple[Environment, int]:
    """Return the environment's record, a new one where nothing was ever deployed."""
    empty = Environment(
        key=deployment.environment_key,
        name=deployment.environment,
        repository=deployment.repository,
    )
    return world.store.get(Environment, deployment.environment_key) or (empty, 0)


def _placed(
    world: World, deployment: Deployment, put: Callable[[Environment, str], Environment]
) -> tuple[Write, ...]:
    environment, version = place_of(world, deployment)
    if world.store.get(Deployment, deployment.id):
        return (Write(put(environment, deployment.id), version),)
    writes = [Write(deployment, 0)]
    for older in (environment.active, *environment.queue):
        found = world.store.get(Deployment, older) if older else None
        if found is not None and gives_way(found[0], deployment, environment):
            ended = superseded(found[0], names(deployment), deployment.created_at)
            environment = settled(environment, ended)
            writes.append(Write(ended, found[1]))
    return (*writes, Write(put(environment, deployment.id), version))
