"""Follow what changes a deployment's course: promote, pause, resume, abort, roll back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import command
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.asked import Asked, not_understood
from bot.engine.found import Found, Refuse

if TYPE_CHECKING:
    from bot.ports import World


def steer(world: World, read: command.Steering, asked: Asked) -> Found:
    """Change the course, or say why that is not possible now."""
    del world
    named = command.resolve_environment(read, asked.manifest.environments)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    return Refuse(answers.not_yet(asked.ask), (Reason.NOT_YET,))
