"""The loop over one environment: observe, decide, act, report, until nothing is to do now.

Level-triggered: a message only says that it is worth looking. What is stored and what is seen
decide, so duplicates, reordering, lost messages and crashes need no case of their own.

Next: bot/core/rollout/table.py
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.core import events
from bot.core.deployment import Deployment, Phase
from bot.core.environment import settled
from bot.core.model import Environment, Image
from bot.core.rollout import table
from bot.core.rollout.turn import ENDS, Turn
from bot.core.rollout.wants import wants
from bot.engine import lease
from bot.engine.arrange import arrange
from bot.engine.observe import back_off, observe
from bot.engine.perform import perform
from bot.engine.tell import tell
from bot.ports import Broken, Transient, World, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.action import Action

HANDLER = timedelta(seconds=45)
PATIENCE = timedelta(seconds=2)
"""Longer waits are left to the tick."""

log = structlog.get_logger()


def advance(world: World, key: str) -> None:
    """Work on an environment for at most a minute; return at once when somebody else does."""
    holder = lease.take(world, key)
    if not holder:
        return
    with lease.kept(world, key, holder):
        _work(world, key, holder)


def _work(world: World, key: str, holder: str) -> None:
    until = world.clock() + HANDLER
    while (asked := _asked(world, key)) is not None:
        wake = _round(world, key, holder)
        now = world.clock()
        if wake is None or wake - now > PATIENCE:
            if lease.give_back(world, key, holder, asked):
                return
        elif now > until:
            lease.drop(world, key, holder)
            world.publisher.publish(events.encode(events.Look(environment=key)), {})
            return
        else:
            world.pause(max(0.0, (wake - now).total_seconds()))


def _asked(world: World, key: str) -> int | None:
    found = world.store.get(Environment, key)
    return found[0].asked if found else None


def _round(world: World, key: str, holder: str) -> datetime | None:
    """Look once at everything that moves here; return when the next look is due."""
    environment = arrange(world, key)
    if environment is None or environment.lease_holder != holder:
        return None
    for deployment_id in dict.fromkeys((environment.watching, environment.active)):
        if deployment_id and not _look(world, key, deployment_id, holder):
            return world.clock()
    arranged = arrange(world, key)
    if arranged is None or arranged.active != environment.active:
        return world.clock()
    return min(tell(world, arranged), default=None)


def _look(world: World, key: str, deployment_id: str, holder: str) -> bool:
    """Look at one deployment; False when somebody came between and all must be read anew."""
    found = world.store.get(Deployment, deployment_id)
    if found is None or found[0].phase in ENDS:
        return True
    deployment, version = found
    turn = _decide(world, deployment, world.clock())
    if not _stored(world, key, holder, (turn, version)):
        return False
    _log(deployment, turn)
    for action in turn.actions:
        if _act(world, deployment_id, action) is not turn.deployment.phase:
            break
    return True


def _stored(world: World, key: str, holder: str, turned: tuple[Turn, int]) -> bool:
    """Store the deployment, what it means for the environment, and the lease, in one write."""
    turn, version = turned
    place = world.store.get(Environment, key)
    if place is None or place[0].lease_holder != holder:
        return False
    after = lease.renewed(settled(place[0], turn.deployment), world.clock())
    images = (Write(image, _version(world, image)) for image in turn.images)
    return world.store.commit(Write(turn.deployment, version), Write(after, place[1]), *images)


def _decide(world: World, deployment: Deployment, now: datetime) -> Turn:
    try:
        seen = observe(world, deployment, wants(deployment, now))
        return table.step(deployment, seen, now)
    except Transient as trouble:
        return Turn(_spoiled(deployment, trouble, now))
    except Broken as trouble:
        return Turn(table.broken(deployment, str(trouble), now))
    except Exception as defect:
        log.exception("defect", deployment=deployment.id)
        return Turn(table.broken(deployment, type(defect).__name__, now))


def _act(world: World, deployment_id: str, action: Action) -> Phase | None:
    """Make it so, put on record what came of it, whoever writes in between; return the phase."""
    found = world.store.get(Deployment, deployment_id)
    if found is None:
        return None
    came = _came_of(world, found[0], action)
    while found is not None:
        changed = came(found[0])
        if world.store.commit(Write(changed, found[1])):
            return changed.phase
        found = world.store.get(Deployment, deployment_id)
    return None


def _came_of(
    world: World, deployment: Deployment, action: Action
) -> Callable[[Deployment], Deployment]:
    try:
        outcome = perform(world, deployment, action)
    except Transient as trouble:
        spoiled = trouble
        return lambda latest: _spoiled(latest, spoiled, world.clock())
    except Broken as trouble:
        why = str(trouble)
        return lambda latest: table.broken(latest, why, world.clock())
    except Exception as defect:
        log.exception("defect", deployment=deployment.id)
        name = type(defect).__name__
        return lambda latest: table.broken(latest, name, world.clock())
    return lambda latest: table.record(latest, outcome, world.clock())


def _spoiled(deployment: Deployment, trouble: Transient, now: datetime) -> Deployment:
    pause = max(back_off(deployment.attempts), timedelta(seconds=trouble.retry_after or 0))
    log.warning("spoiled", deployment=deployment.id, trouble=str(trouble), pause=str(pause))
    return table.spoiled(deployment, str(trouble), now + pause, now)


def _version(world: World, image: Image) -> int:
    stored = world.store.get(Image, image.key)
    return stored[1] if stored else 0


def _log(deployment: Deployment, turn: Turn) -> None:
    log.info(
        "look",
        environment=deployment.environment_key,
        deployment=deployment.id,
        before=deployment.phase.value,
        after=turn.deployment.phase.value,
        waiting=turn.deployment.waiting,
        actions=[type(action).__name__ for action in turn.actions],
        unseen=turn.deployment.unseen,
    )
