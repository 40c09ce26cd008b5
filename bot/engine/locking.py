"""Follow `/lock` and `/unlock`: people keep deployments out of an environment, and say why."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core import command, locks
from bot.core.gates import Gates
from bot.core.model import Environment, Lock
from bot.core.report import locks as words
from bot.engine.asked import Asked, barred, barred_by, not_understood, refused
from bot.engine.found import Answer, Found
from bot.ports import World, Write

if TYPE_CHECKING:
    from bot.core.model import Ask

REMINDED = timedelta(days=1)
"""When people are reminded of a lock that names no length."""


def lock(world: World, read: command.Lock, asked: Asked) -> Found:
    """Lock the environment for its owner, and remind of it later."""
    named = command.resolve_environment(read, asked.manifest.environments)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    if against := barred(world, asked, named.environment):
        return refused(asked.ask, (against,))
    place, version = _place(world, asked.ask, named.environment)
    wanted = _wanted(asked.ask, named)
    after = locks.locked(place, wanted)
    if after.lock is not None and after.lock != wanted:
        again = command.written(named)
        return refused(asked.ask, (words.taken(place, after.lock, again, world.clock()),))
    return Answer(
        body=words.locked(after, wanted),
        records=(Write(after, version),),
        look_at=after.key,
        remind_at=wanted.until or wanted.since + REMINDED,
    )


def unlock(world: World, read: command.Unlock, asked: Asked) -> Found:
    """Take the lock away, whoever has it; what waited goes on by itself.

    Also one on an environment that deploy.yaml names no more, of which people are reminded.
    """
    there, ours = asked.manifest.environments, world.store.environments(asked.ask.repository.id)
    locked = [place.name for place in ours if place.lock and place.name not in there]
    named = command.resolve_environment(read, (*there, *locked))
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    gates = (
        Gates() if named.environment in locked else asked.manifest.resolve(named.environment).gates
    )
    if against := barred_by(world, asked, named.environment, gates):
        return refused(asked.ask, (against,))
    place, version = _place(world, asked.ask, named.environment)
    return Answer(
        body=words.unlocked(place, place.lock, world.clock()),
        records=(Write(locks.unlocked(place), version),),
        look_at=place.key,
    )


def _place(world: World, ask: Ask, name: str) -> tuple[Environment, int]:
    key = f"{ask.repository.id}/{name}"
    empty = Environment(key=key, name=name, repository=ask.repository)
    return world.store.get(Environment, key) or (empty, 0)


def _wanted(ask: Ask, read: command.Lock) -> Lock:
    return Lock(
        key=ask.key,
        reason=read.reason,
        owner=ask.actor,
        since=ask.created_at,
        until=ask.created_at + read.length if read.length else None,
        number=ask.number,
    )
