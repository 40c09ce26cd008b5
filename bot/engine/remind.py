"""Remind people of a lock that has lasted longer than was thought; it stays until they unlock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from bot.core.model import Ask, AskState, Environment
from bot.core.report import locks as words
from bot.engine.reply import CLOCKS_APART, LEASE, keep
from bot.ports import Broken, Transient, World, Write

if TYPE_CHECKING:
    from datetime import datetime

AGAIN = timedelta(days=1)
MOST = 7
"""After so many nobody reads them."""
LATER = timedelta(minutes=5)

log = structlog.get_logger()


def remind(world: World, key: str) -> None:
    """Write the reminder that is due, unless the lock that this ask made is gone."""
    ask = _claimed(world, key)
    if ask is None:
        return
    place = _still_locked(world, ask)
    try:
        if place is not None:
            ask = _said(world, ask, place)
        more = place is not None and ask.reminders < MOST
        _rest(world, ask, world.clock() + AGAIN if more else None)
    except (Transient, Broken) as trouble:
        log.warning("reminder", ask=key, trouble=str(trouble))
        _rest(world, ask, world.clock() + LATER)


def _claimed(world: World, key: str) -> Ask | None:
    found = world.store.get(Ask, key)
    now = world.clock()
    if found is None or found[0].state is AskState.NEW:
        return None
    ask, version = found
    held = ask.lease_until is not None and ask.lease_until > now
    if ask.remind_at is None or ask.remind_at > now or held:
        return None
    claimed = replace(ask, lease_until=now + LEASE)
    return claimed if world.store.commit(Write(claimed, version)) else None


def _still_locked(world: World, ask: Ask) -> Environment | None:
    """Return the environment of this repository that is under this ask's lock."""
    for place in world.store.environments(ask.repository.id):
        if place.lock is not None and place.lock.key == ask.key:
            return place
    return None


def _said(world: World, ask: Ask, place: Environment) -> Ask:
    """Say it once: one of which the outcome is unknown is looked up first."""
    number = ask.number
    if number is None or place.lock is None:
        return ask
    voice, repository = world.voice, ask.repository
    marker = words.reminder_marker(ask, ask.reminders)
    body = f"{marker}\n{words.reminder(place, place.lock, world.clock())}"
    since = (ask.remind_at or ask.created_at) - CLOCKS_APART
    if not (ask.reminding and voice.find_comment(repository, number, marker, since)):
        ask = keep(world, ask, replace(ask, reminding=True))
        voice.comment(repository, number, body)
    return keep(world, ask, replace(ask, reminders=ask.reminders + 1, reminding=False))


def _rest(world: World, held: Ask, until: datetime | None) -> None:
    found = world.store.get(Ask, held.key)
    if found is not None and found[0].lease_until == held.lease_until:
        quiet = replace(found[0], remind_at=until, wake_at=until, lease_until=None)
        world.store.commit(Write(quiet, found[1]))
