"""What a message leads to: what people ask for is stored first; after that it only says "look".

Next: bot/engine/admit.py
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar, assert_never

from msgspec.structs import replace

from bot.core import events
from bot.core.deployment import Deployment
from bot.core.heads import told
from bot.core.model import Ask, AskKind, Environment
from bot.engine import asks
from bot.engine.acquaintance import meet
from bot.engine.admit import admit
from bot.engine.advance import advance
from bot.engine.opened import heads_due, reached, read_heads
from bot.engine.sweep import sweep, sweep_due
from bot.engine.target import see_head, see_pusher
from bot.engine.waiting import after_check
from bot.ports import World, Write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

Reach = events.Installed | events.TakenAway
Notice = events.HeadSeen | events.GroupFormed | events.ChecksChanged | events.PullsDue | Reach
MOST_LOOKS = 500
M = TypeVar("M", Ask, Deployment)
MEANWHILE = timedelta(seconds=60)


def receive(world: World, event: events.Event) -> None:  # one case per event
    """Take in one event; raise only when the store cannot be written, so that it comes again."""
    match event:
        case events.Look():
            places = admit(world, event.ask) if event.ask else ()
            _advance(world, (*places, event.environment))
        case events.Sweep():
            sweep(world)
        case (
            events.HeadSeen()
            | events.GroupFormed()
            | events.ChecksChanged()
            | events.Installed()
            | events.TakenAway()
            | events.PullsDue()
        ):
            _notice(world, event)
        case _:
            if isinstance(event, events.Pushed) and event.branch != event.default_branch:
                see_pusher(world, event.repository, event.sha, event.actor)
            _store_and_admit(world, *asks.wanted(world, event))


def _notice(world: World, event: Notice) -> None:
    """Follow what asks for nothing by itself."""
    match event:
        case events.HeadSeen():
            see_head(world, event.repository, event.number, *told(event))
            see_pusher(world, event.repository, event.sha, event.by)
            if meet(world, event.repository).required is not False:
                _store_and_admit(world, asks.of_head(event, AskKind.HEAD))
        case events.GroupFormed():
            if meet(world, event.repository).required is not False:
                _store_and_admit(world, asks.of_head(event, AskKind.GROUP))
        case events.ChecksChanged():
            _wake(world, event)
        case events.Installed() | events.TakenAway():
            reached(world, event)
        case events.PullsDue():
            _read(world, event)
        case _:
            assert_never(event)


def _read(world: World, event: events.PullsDue) -> None:
    """Read open pull requests' heads, and give each the check that it lacks where one is wanted."""
    seen = read_heads(world, event)
    if meet(world, event.repository).required:
        _store_and_admit(world, *(_once_more(asks.of_head(head, AskKind.HEAD)) for head in seen))


def _once_more(ask: Ask) -> Ask:
    """Return the wish for a head that may have come before a check was wanted, or have one."""
    return replace(ask, key=f"{ask.key}/open", noting=True)


def _wake(world: World, event: events.ChecksChanged) -> None:
    """Look at whatever waited for this check of its commit only."""
    woken = after_check(world, event)
    _advance(world, [place for key in woken for place in admit(world, key)])


def build_changed(world: World, build_tags: Iterable[str]) -> None:
    """Look at the deployment that a build belongs to; builds of other people concern nobody."""
    for tag in build_tags:
        name = tag.removeprefix("spillway-").split("-", 1)[0]
        found = world.store.get(Deployment, name) if tag != name else None
        if found is not None:
            advance(world, found[0].environment_key)


def tick(world: World) -> None:
    """Publish one look for everything that is due, oldest first, and do no work here.

    Each is moved on by a minute, so that the next ticks leave it alone. What somebody holds is
    theirs until the lease ends: a write of ours would have them read the world once more.
    """
    due: dict[events.Event, None] = {}
    for record in world.store.due(world.clock(), MOST_LOOKS):
        if isinstance(record, Ask):
            if _moved_on(world, Ask, record.key, record.lease_until):
                due[events.Look(ask=record.key)] = None
        else:
            place = world.store.get(Environment, record.environment_key)
            if _moved_on(world, Deployment, record.key, place and place[0].lease_until):
                due[events.Look(environment=record.environment_key)] = None
    if wish := sweep_due(world):
        due[wish] = None
    due |= dict.fromkeys(heads_due(world))
    for event in due:
        world.publisher.publish(events.encode(event), {})


def _moved_on(world: World, kind: type[M], key: str, lease_until: datetime | None) -> bool:
    """Return whether a look is wanted, having put off the next one."""
    now = world.clock()
    if lease_until is not None and lease_until > now:
        return False
    found = world.store.get(kind, key)
    if found is not None and found[0].wake_at is not None:
        record, version = found
        world.store.commit(Write(replace(record, wake_at=now + MEANWHILE), version))
    return True


def _store_and_admit(world: World, *wanted: Ask) -> None:
    """Store what is not stored already, so that a doubled message makes nothing new; answer it.

    Every answer comes before any work: a question does not wait for a deployment asked for above.
    """
    world.store.commit(*(Write(ask, 0) for ask in wanted))
    _advance(world, [place for ask in wanted for place in admit(world, ask.key)])


def _advance(world: World, places: Iterable[str]) -> None:
    """Work on the first environment here; the others get a message each, so that none waits."""
    here, *others = dict.fromkeys(filter(None, places)) or [""]
    for place in others:
        world.publisher.publish(events.encode(events.Look(environment=place)), {})
    if here:
        advance(world, here)
