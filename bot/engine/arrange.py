"""Keep an environment's places in order: the next one starts by itself, the overdue one ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Failure, FailureCode, Phase
from bot.core.environment import activated, given_up, held_by, let_in
from bot.core.model import Environment
from bot.core.rollout.controls import overtaken
from bot.core.rollout.turn import COMPARED, LIMITS, enter, expired
from bot.core.route import Stage
from bot.core.superseding import names
from bot.ports import World, Write

if TYPE_CHECKING:
    from datetime import datetime


def arrange(world: World, key: str) -> Environment | None:
    """Return the environment with its places in order; each change is one atomic write."""
    while (found := world.store.get(Environment, key)) is not None:
        environment, version = found
        writes = (
            _overdue(world, environment)
            or _started(world, environment)
            or _held(world, environment)
        )
        if writes is None:
            return environment
        changed, deployments = writes
        world.store.commit(Write(changed, version), *deployments)
    return None


def _started(
    world: World, environment: Environment
) -> tuple[Environment, tuple[Write, ...]] | None:
    """Make the first that may go in active, and end the watch before it unless that rolls back.

    A rollback waits for no comparison: it takes the traffic from wherever that has got.
    """
    first = _first_let_in(world, environment)
    if first is None:
        return None
    begun = activated(environment, first)
    now = world.clock()
    watched = world.store.get(Deployment, begun.watching) if begun.watching else None
    if watched is None:
        return begun, ()
    deployment, version = watched
    comparing = _comparing(deployment)
    if deployment.phase is not Phase.WATCHING or (comparing and not first.restores):
        return None
    over = enter(deployment, Phase.SUCCEEDED, now)
    ended = overtaken(deployment, names(first), now) if comparing else over
    telling = (*begun.telling, deployment.id)
    return replace(begun, watching="", telling=telling), (Write(ended, version),)


def _comparing(watched: Deployment) -> bool:
    """Tell whether stable has traffic again because of an alarm; nobody may come between."""
    return watched.course.stage is Stage.RECHECK or watched.share_since is None


def _first_let_in(world: World, environment: Environment) -> Deployment | None:
    for waiting in () if environment.active else environment.queue:
        found = world.store.get(Deployment, waiting)
        if found is not None and let_in(environment, found[0]):
            return found[0]
    return None


def _held(world: World, environment: Environment) -> tuple[Environment, tuple[Write, ...]] | None:
    """Have the first that is kept out by a lock or a comparison, or no longer is, say so."""
    watched = world.store.get(Deployment, environment.watching) if environment.watching else None
    compared = COMPARED if watched and _comparing(watched[0]) else ""
    for waiting in environment.queue:
        found = world.store.get(Deployment, waiting)
        why = held_by(environment, found[0]) or compared if found else ""
        if found is not None and why != found[0].waiting:
            return environment, (Write(replace(found[0], waiting=why), found[1]),)
    return None


def _overdue(
    world: World, environment: Environment
) -> tuple[Environment, tuple[Write, ...]] | None:
    now = world.clock()
    for waiting in environment.queue:
        found = world.store.get(Deployment, waiting)
        if found is not None and expired(found[0], now):
            ended = _ended(found[0], now)
            return given_up(environment, ended), (Write(ended, found[1]),)
    return None


def _ended(deployment: Deployment, now: datetime) -> Deployment:
    failure = Failure(
        code=FailureCode.TIMED_OUT,
        service="",
        reason=f"it waited in the queue for {LIMITS[Phase.QUEUED] // timedelta(hours=1)} h",
        logs=(),
    )
    return enter(replace(deployment, failure=failure), Phase.FAILED, now)
