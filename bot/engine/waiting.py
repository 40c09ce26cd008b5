"""Asks that wait for their gates: told once, found again by what may have come about.

Waiting is level-triggered: a delivery or an approval only says "look again", and every ask that
waits looks by itself, too. A command's wait stands in its reply, a push's in a check run.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.awaiting import Waiting, WaitingAsk
from bot.ports import World, Write

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.model import Ask
    from bot.engine.found import Wait

LOOK_EVERY = timedelta(minutes=2)
"""How often an ask looks that nobody woke."""


def next_look(wait: Wait, now: datetime) -> datetime:
    """Return when an ask looks by itself: at the end of its patience at the latest."""
    ends = min(one.until for one in wait.awaited)
    return max(now, min(ends, now + LOOK_EVERY))


def register(world: World, ask: Ask, wait: Wait) -> bool:
    """Put the ask where those look who may bring about what it waits for; True when it is new."""
    key = str(ask.repository.id)
    entry = WaitingAsk(
        ask=ask.key,
        environment=wait.environment,
        sha=wait.sha,
        number=wait.number,
        actor=wait.asker,
        since=world.clock(),
    )
    while True:
        found = world.store.get(Waiting, key)
        waiting, version = found or (Waiting(key=key), 0)
        if any(one.ask == ask.key for one in waiting.asks):
            return False
        asks = (*waiting.asks, entry)
        if world.store.commit(Write(replace(waiting, asks=asks), version)):
            return True


def waiting_here(world: World, repository: int) -> tuple[WaitingAsk, ...]:
    """Return every ask of a repository that waits."""
    found = world.store.get(Waiting, str(repository))
    return found[0].asks if found else ()


def forget(world: World, ask: Ask) -> None:
    """Strike the ask from those that wait."""
    while (found := world.store.get(Waiting, str(ask.repository.id))) is not None:
        waiting, version = found
        left = tuple(one for one in waiting.asks if one.ask != ask.key)
        if left == waiting.asks or world.store.commit(Write(replace(waiting, asks=left), version)):
            return
