"""The check run in which a push waits for its gates, and in which its deployment goes on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.model import Ask, AskKind
from bot.core.report import waiting as words
from bot.core.told import Told
from bot.engine.found import Ignore, Refuse
from bot.engine.reply import keep
from bot.engine.waiting import waiting_here

if TYPE_CHECKING:
    from bot.core.deployment import Deployment
    from bot.engine.found import Wait
    from bot.ports import World


def noted_on_commit(world: World, ask: Ask, wait: Wait) -> Ask:
    """Show under the environment's name what a push waits for; made once, edited after that."""
    wanted = words.check_run(ask, wait.environment, wait.sha, wait.awaited)
    said = hashlib.sha256(f"{wanted.title}{wanted.summary}".encode()).hexdigest()[:16]
    if said == ask.note_hash:
        return ask
    if ask.note:
        world.voice.edit_check_run(ask.repository, ask.note, wanted)
        return keep(world, ask, replace(ask, note_hash=said))
    known = world.voice.find_check_run(ask.repository, wanted) if ask.noting else 0
    ask = keep(world, ask, replace(ask, noting=True))
    made = known or world.voice.create_check_run(ask.repository, wanted)
    return keep(world, ask, replace(ask, note=made, note_hash=said))


def let_go(world: World, ask: Ask, decided: Refuse | Ignore) -> None:
    """End a push's check run: with what was against it, or as overtaken by a newer push."""
    if not ask.note:
        return
    here = waiting_here(world, ask.repository.id)
    environment = next((one.environment for one in here if one.ask == ask.key), "")
    body = decided.body if isinstance(decided, Refuse) else ""
    ended = words.check_over(ask, environment, body, world.clock())
    world.voice.edit_check_run(ask.repository, ask.note, ended)


def taken_over(ask: Ask, deployment: Deployment) -> Deployment:
    """Return the deployment going on in the check run in which its push waited."""
    if ask.kind is not AskKind.PUSH or not ask.note:
        return deployment
    return replace(deployment, told=Told(check_run=ask.note))
