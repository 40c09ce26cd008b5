"""Follow `/lock` and `/unlock`: people keep deployments out of an environment, and say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import command
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.asked import Asked, not_understood
from bot.engine.found import Found, Refuse

if TYPE_CHECKING:
    from bot.ports import World


def lock(world: World, read: command.Lock, asked: Asked) -> Found:
    """Lock the environment for its owner."""
    return _not_yet(world, read, asked)


def unlock(world: World, read: command.Unlock, asked: Asked) -> Found:
    """Take the lock away."""
    return _not_yet(world, read, asked)


def _not_yet(world: World, read: command.Lock | command.Unlock, asked: Asked) -> Found:
    del world
    named = command.resolve_environment(read, asked.manifest.environments)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    return Refuse(answers.not_yet(asked.ask), (Reason.NOT_YET,))
