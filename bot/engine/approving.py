"""Follow `/approve`: the second person's word for one commit in one environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import command
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.asked import Asked, not_understood
from bot.engine.found import Found, Refuse

if TYPE_CHECKING:
    from bot.ports import World


def approve(world: World, read: command.Approve, asked: Asked) -> Found:
    """Keep the approval, or say why it does not count."""
    del world
    named = command.resolve_environment(read, asked.manifest.environments)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    return Refuse(answers.not_yet(asked.ask), (Reason.NOT_YET,))
