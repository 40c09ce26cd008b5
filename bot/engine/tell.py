"""Bring GitHub up to date: upserts of what changed since it was last told, and nothing else.

Every effect without a key at GitHub's end is announced in the record first, and looked up before
it is made again. A failure to report never blocks a deployment: it is tried again, for a day.

Next: bot/core/report/deployment.py
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from bot.core.deployment import Deployment
from bot.core.environment import fully_told
from bot.core.model import Environment
from bot.core.rollout.turn import ENDS
from bot.engine import tagging
from bot.engine.folding import fold
from bot.engine.voice import Voice
from bot.ports import Broken, Gone, Transient, World, Write

if TYPE_CHECKING:
    from collections.abc import Iterator

TROUBLE = timedelta(seconds=15)
NOBODY_THERE = timedelta(minutes=15)
"""Where our App was uninstalled: it may have been a slip."""
GIVE_UP = timedelta(hours=24)

log = structlog.get_logger()


def tell(world: World, environment: Environment) -> Iterator[datetime]:
    """Tell of every deployment that is here; yield when each wants the next look."""
    here = (*environment.queue, environment.active, environment.watching, *environment.telling)
    for deployment_id in dict.fromkeys(here):
        found = world.store.get(Deployment, deployment_id) if deployment_id else None
        if found is not None:
            later = _tell_one(world, environment, found[0])
            if later is not None and deployment_id not in environment.queue:
                yield later


def _tell_one(world: World, environment: Environment, deployment: Deployment) -> datetime | None:
    told, later = _said(world, environment, deployment)
    tagged, again = tagging.give(world, environment, told)
    later = min(filter(None, (later, again)), default=None)
    if deployment.phase in ENDS:
        return _ended(world, tagged, later)
    return min(filter(None, (tagged.wake_at, later)), default=None)


def _said(
    world: World, environment: Environment, deployment: Deployment
) -> tuple[Deployment, datetime | None]:
    voice = Voice(world, environment, deployment)
    later = None
    try:
        later = voice.say()
        fold(world, voice.deployment)
    except Gone as trouble:
        log.warning("report", deployment=deployment.id, trouble=str(trouble))
        later = world.clock() + NOBODY_THERE
    except (Transient, Broken) as trouble:
        log.warning("report", deployment=deployment.id, trouble=str(trouble))
        later = world.clock() + TROUBLE
    except Exception:
        log.exception("report", deployment=deployment.id)
        later = world.clock() + TROUBLE
    return voice.deployment, later


def _ended(world: World, deployment: Deployment, later: datetime | None) -> datetime | None:
    """Let an ended deployment go once all is said, or after a day of trouble."""
    since = deployment.finished_at or deployment.phase_since
    if later is not None and world.clock() - since < GIVE_UP:
        _sleep(world, deployment, later)
        return later
    _let_go(world, deployment)
    return None


def _let_go(world: World, deployment: Deployment) -> None:
    """Let it sleep for good in one write with its place, so that a crash leaves neither alone."""
    while True:
        found = world.store.get(Deployment, deployment.id)
        place = world.store.get(Environment, deployment.environment_key)
        if found is None or place is None or found[0].told != deployment.told:
            return
        at_rest = replace(found[0], wake_at=None), fully_told(place[0], deployment.id)
        if at_rest == (found[0], place[0]):
            return
        if world.store.commit(Write(at_rest[0], found[1]), Write(at_rest[1], place[1])):
            return


def _sleep(world: World, deployment: Deployment, until: datetime) -> None:
    found = world.store.get(Deployment, deployment.id)
    if found is not None and found[0].wake_at != until:
        world.store.commit(Write(replace(found[0], wake_at=until), found[1]))
