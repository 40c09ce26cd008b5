"""Lines of one comment: each waits for the one above it, and the first carries the reply to all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.model import Ask, AskState
from bot.engine.found import Later
from bot.ports import Write

if TYPE_CHECKING:
    from bot.ports import World

AFTERWARDS = timedelta(seconds=30)
"""How soon a line that waits for the one above it looks by itself; that one's end wakes it."""


def before_it(world: World, ask: Ask) -> Later | None:
    """Let a line wait for the one above it, which it may be about; not where that one waits too."""
    above = f"{ask.key.rpartition('/')[0]}/{ask.line - 1}"
    found = world.store.get(Ask, above) if ask.line else None
    if found is None or found[0].state is not AskState.NEW or found[0].said:
        return None
    return Later(max(found[0].wake_at or world.clock(), world.clock() + AFTERWARDS))


def first_looked_at(world: World, ask: Ask) -> tuple[Write, ...]:
    """Have the first line looked at, which carries the reply to all of them."""
    found = world.store.get(Ask, ask.first_key) if ask.line else None
    if found is None or (found[0].state is AskState.NEW and not found[0].said):
        return ()
    return (Write(replace(found[0], wake_at=world.clock()), found[1]),)
