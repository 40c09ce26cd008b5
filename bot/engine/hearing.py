"""Hear everybody, but nobody without a say so often that GitHub's limit is used up for the others.

Lines are counted in our own record, and so are heads that a merge asks checks of. Beyond the limit
the role is read, once a minute at most: whoever has one is heard, and nobody else is kept waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.guest import INSIDER, MOST, STAYS, Guest, counted, look_due, too_often
from bot.core.heads import newest
from bot.core.model import Ask, AskKind, Heads
from bot.core.policy import at_least
from bot.engine.asked import refused
from bot.engine.found import Ignore, Later, Refuse
from bot.engine.reply import keep, show_reaction
from bot.ports import World, Write

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTED = frozenset({AskKind.COMMENT, AskKind.BUTTON, AskKind.HEAD})


def unheard(world: World, ask: Ask) -> Refuse | Ignore | Later | None:
    """Return what becomes of a line by somebody who has asked too often; None when it is heard."""
    if ask.kind not in COUNTED or ask.heard is not None:
        return None
    now = world.clock()
    guest = _changed(world, ask, lambda one: counted(one, now))
    if guest.lines <= MOST:
        return None
    over = _overdone(world, ask, guest)
    return _unless_it_stays(world, ask) if over and ask.kind is AskKind.HEAD else over


def _overdone(world: World, ask: Ask, guest: Guest) -> Refuse | Ignore | None:
    """Return what becomes of a line too many; None for somebody with a say."""
    now = world.clock()
    if not look_due(guest, now):
        return Ignore()
    role = world.github.permission(ask.repository, ask.actor)
    if at_least(role, INSIDER):
        _changed(world, ask, lambda one: Guest(key=one.key, since=now))
        return None
    _changed(world, ask, lambda one: replace(one, looked_at=now))
    told = guest.looked_at is not None
    return Ignore() if told else refused(ask, (too_often(guest, ask.actor),))


def _unless_it_stays(world: World, ask: Ask) -> Ignore | Later | None:
    """Let a head wait, to be left out once it is replaced; one that stays gets its checks."""
    found = world.store.get(Heads, f"{ask.repository.id}/{ask.number}")
    if found is not None and newest(found[0]) != ask.sha:
        return Ignore()
    stays = ask.created_at + STAYS
    return Later(stays) if world.clock() < stays else None


def heard(world: World, ask: Ask) -> Ask:
    """Show that it was heard, on the comment where there is one."""
    now = replace(ask, heard=True) if ask.kind in COUNTED else ask
    if ask.comment_id is not None and not ask.line and not ask.acknowledged:
        show_reaction(world, ask, "eyes")
        now = replace(now, acknowledged=True)
    return keep(world, ask, now) if now != ask else ask


def _changed(world: World, ask: Ask, change: Callable[[Guest], Guest]) -> Guest:
    key = f"{ask.repository.id}/{ask.actor.lower() or f'#{ask.number}'}"
    while True:
        found = world.store.get(Guest, key)
        before, version = found or (Guest(key=key, since=world.clock()), 0)
        after = change(before)
        if world.store.commit(Write(after, version)):
            return after
