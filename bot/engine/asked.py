"""What a command is followed with: its pull request, and the default branch's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core.github import PullRequest
from bot.core.manifest import Manifest
from bot.core.model import Ask
from bot.core.report import answers
from bot.engine.found import Refuse
from bot.engine.rules import Rules

if TYPE_CHECKING:
    from bot.core.command import Unreadable
    from bot.core.model import Refusal


class Asked(Struct, frozen=True, kw_only=True):
    """One readable command, before the environment and services in it are known to exist."""

    ask: Ask
    pull: PullRequest | None
    """None for what was asked elsewhere than on a pull request."""
    rules: Rules
    manifest: Manifest


def not_understood(ask: Ask, read: Unreadable) -> Refuse:
    """Return the refusal of a line that cannot be followed."""
    return Refuse(answers.unreadable(ask, read), (read.code,))


def refused(ask: Ask, refusals: tuple[Refusal, ...]) -> Refuse:
    """Return the refusal with every reason in it."""
    return Refuse(answers.refused(ask, refusals), tuple(why.code for why in refusals))
