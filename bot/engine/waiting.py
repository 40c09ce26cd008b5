"""Asks that wait for their gates: told once, found again by what may have come about.

Waiting is level-triggered: a delivery or an approval only says "look again", and every ask that
waits looks by itself, too. A command's wait stands in its reply, a push's in a check run.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import events
from bot.core.awaiting import WHICHEVER, Waiting, WaitingAsk, expecting, reported
from bot.core.model import Ask
from bot.ports import World, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.engine.found import Wait

Asks = tuple[WaitingAsk, ...]
LOOK_EVERY = timedelta(minutes=2)
"""How often an ask looks that nobody woke."""


def next_look(wait: Wait, now: datetime) -> datetime:
    """Return when an ask looks by itself: at the end of its patience at the latest."""
    ends = min(one.until for one in wait.awaited)
    return max(now, min(ends, now + LOOK_EVERY))


def expect(world: World, ask: Ask, place: tuple[str, str, int | None]) -> World:
    """Put an ask where those look who may bring about what it will have to wait for.

    That is before its gates are asked, so that nothing comes about unseen before the wait. The
    place is an environment, a commit, and the pull request if there is one. Done twice in one
    look, it does not forget who has woken the ask in between.
    """
    environment, sha, number = place
    new = WaitingAsk(
        ask=ask.key,
        environment=environment,
        sha=sha,
        number=number,
        actor=ask.actor,
        since=world.clock(),
        checks=(WHICHEVER,),
    )
    again = world.expected == (environment, sha)
    _change(world, ask.repository.id, lambda asks: expecting(asks, new, again=again))
    return replace(world, expected=(environment, sha))


def await_checks(world: World, ask: Ask, wait: Wait) -> None:
    """Put on record whose wait it is, and have it woken only by the checks that it waits for."""
    names = tuple(name for one in wait.awaited for name in one.checks)

    def named(one: WaitingAsk) -> WaitingAsk:
        meant = one.ask == ask.key
        return replace(one, actor=wait.asker, checks=names) if meant else one

    _change(world, ask.repository.id, lambda asks: tuple(map(named, asks)))


def after_check(world: World, event: events.ChecksChanged) -> tuple[str, ...]:
    """Return the asks that the end of a check has woken."""

    def told(one: WaitingAsk) -> WaitingAsk:
        meant = one.sha == event.sha
        return reported(one, event.name, passed=event.passed) if meant else one

    asks = _change(world, event.repository.id, lambda asks: tuple(map(told, asks)))
    return tuple(one.ask for one in asks if one.woken and one.sha == event.sha)


def wake(world: World, repository: int, meant: Iterable[WaitingAsk]) -> None:
    """Have these looked at, as soon as whoever looks at them now has done so."""
    keys = {one.ask for one in meant}

    def woken(one: WaitingAsk) -> WaitingAsk:
        return replace(one, woken=True) if one.ask in keys else one

    _change(world, repository, lambda asks: tuple(map(woken, asks)))
    for key in keys:
        world.publisher.publish(events.encode(events.Look(ask=key)), {})


def look_again(world: World, key: str) -> None:
    """Ask for the look that was wanted while an ask of this comment was held by us."""
    found = world.store.get(Ask, key)
    if found is None:
        return
    ours = {key, found[0].first_key}
    for one in waiting_here(world, found[0].repository.id):
        held = world.store.get(Ask, one.ask) if one.woken and one.ask in ours else None
        if held is not None and held[0].lease_until is None and not held[0].attempts:
            world.publisher.publish(events.encode(events.Look(ask=one.ask)), {})


def waiting_here(world: World, repository: int) -> tuple[WaitingAsk, ...]:
    """Return every ask of a repository that waits."""
    found = world.store.get(Waiting, str(repository))
    return found[0].asks if found else ()


def forget(world: World, ask: Ask) -> None:
    """Strike the ask from those that wait."""
    _change(
        world,
        ask.repository.id,
        lambda asks: tuple(one for one in asks if one.ask != ask.key),
    )


def _change(world: World, repository: int, change: Callable[[Asks], Asks]) -> Asks:
    """Store a change of who waits in a repository, if it is one, and return who does then."""
    key = str(repository)
    while True:
        found = world.store.get(Waiting, key)
        waiting, version = found or (Waiting(key=key), 0)
        asks = change(waiting.asks)
        unchanged = asks == waiting.asks
        if unchanged or world.store.commit(Write(replace(waiting, asks=asks), version)):
            return asks
