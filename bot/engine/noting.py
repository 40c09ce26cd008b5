"""The check run in which an ask waits for its gates; a push's deployment goes on in it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.model import Ask, AskKind
from bot.core.reasons import Reason
from bot.core.report import waiting as words
from bot.core.told import Told
from bot.engine.acquaintance import meet
from bot.engine.found import Ignore, Refuse
from bot.engine.reply import keep
from bot.engine.waiting import waiting_here

if TYPE_CHECKING:
    from bot.core.deployment import Deployment
    from bot.core.github import CheckRun
    from bot.engine.found import Wait
    from bot.ports import World

OVER = "over"
"""Stands for what a check run said, once another one is to take its place."""
COMPLETED = "completed"


def noted_on_commit(world: World, ask: Ask, wait: Wait) -> Ask:
    """Show what an ask waits for; made once, edited after that, and made anew to leave its end.

    A push's wait stands under the environment's name, a command's where a second person is to
    approve: what else a command waits for is in its reply.
    """
    wanted = _wanted(world, ask, wait)
    if wanted is None:
        return closed(world, ask)
    digest = hashlib.sha256(f"{wanted.title}{wanted.summary}".encode()).hexdigest()[:16]
    said = f"{wanted.status} {digest}"
    if said == ask.note_hash:
        return ask
    if _completed(ask) and wanted.status != COMPLETED:
        ask = keep(world, ask, replace(ask, note=0, note_hash="", noting=False))
    if ask.note:
        world.voice.edit_check_run(ask.repository, ask.note, wanted)
        return keep(world, ask, replace(ask, note_hash=said))
    known = world.voice.find_check_run(ask.repository, wanted) if ask.noting else 0
    ask = keep(world, ask, replace(ask, noting=True))
    made = known or world.voice.create_check_run(ask.repository, wanted)
    return keep(world, ask, replace(ask, note=made, note_hash=said))


def marked(world: World, ask: Ask, runs: tuple[CheckRun, ...]) -> Ask:
    """Make each check run once: after an unknown outcome it is looked up first."""
    known = ask.noting
    ask = keep(world, ask, replace(ask, noting=True))
    for run in runs:
        if not (known and world.voice.find_check_run(ask.repository, run)):
            world.voice.create_check_run(ask.repository, run)
    return ask


def closed(world: World, ask: Ask) -> Ask:
    """Say that nobody's approval of a command is waited for any more.

    A completed run keeps its conclusion, so that another one takes its place.
    """
    if ask.kind is AskKind.PUSH or not ask.note:
        return ask
    return _replaced(world, ask, words.approval_over(ask, _environment(world, ask), world.clock()))


def let_go(world: World, ask: Ask, decided: Refuse | Ignore) -> Ask:
    """End a push's check run: with what was against it, or as overtaken by a newer push.

    Where a merge asks for checks, a commit that was overtaken must not pass one.
    """
    if not ask.note or ask.kind is not AskKind.PUSH:
        return closed(world, ask)
    body = decided.body if isinstance(decided, Refuse) else ""
    ended = words.check_over(ask, _environment(world, ask), body, world.clock())
    if not body and meet(world, ask.repository).required:
        ended = replace(ended, conclusion="cancelled")
    if _completed(ask) or ask.note_hash == OVER:
        return _replaced(world, ask, ended)
    world.voice.edit_check_run(ask.repository, ask.note, ended)
    return ask


def taken_over(ask: Ask, deployment: Deployment) -> Deployment:
    """Return the deployment going on in the check run in which its push waited.

    One that is completed cannot go on: there the deployment makes its own, which GitHub shows.
    """
    if ask.kind is not AskKind.PUSH or not ask.note or _completed(ask):
        return deployment
    return replace(deployment, told=Told(check_run=ask.note))


def _wanted(world: World, ask: Ask, wait: Wait) -> CheckRun | None:
    if any(one.code is Reason.APPROVAL_NEEDED for one in wait.awaited):
        at = replace(ask, number=wait.number)
        return words.approval_run(at, wait.environment, wait.awaited, world.clock())
    if ask.kind is not AskKind.PUSH:
        return None
    return words.check_run(ask, wait.environment, wait.sha, wait.awaited)


def _completed(ask: Ask) -> bool:
    return ask.note > 0 and ask.note_hash.startswith(COMPLETED)


def _replaced(world: World, ask: Ask, over: CheckRun) -> Ask:
    """Make the check run that takes the place of a completed one: once."""
    begun = ask.note_hash == OVER
    ask = keep(world, ask, replace(ask, note_hash=OVER))
    if not (begun and world.voice.find_check_run(ask.repository, over)):
        world.voice.create_check_run(ask.repository, over)
    return keep(world, ask, replace(ask, note=0, note_hash="", noting=False))


def _environment(world: World, ask: Ask) -> str:
    here = waiting_here(world, ask.repository.id)
    return next((one.environment for one in here if one.ask == ask.key), "")
