"""What a command is followed with: its pull request, and the default branch's rules."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core import command
from bot.core.command import Known
from bot.core.github import PullRequest
from bot.core.manifest import Manifest
from bot.core.model import Ask, AskKind, Refusal
from bot.core.policy import LATEST, at_least
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.found import Refuse
from bot.engine.rules import Rules
from bot.ports import Gone

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.command import Unreadable
    from bot.core.gates import Gates
    from bot.ports import Transient, World


TYPED = frozenset({AskKind.COMMENT, AskKind.BUTTON, AskKind.CLI})
A_DAY = timedelta(hours=24)


class Asked(Struct, frozen=True, kw_only=True):
    """One readable command, before the environment and services in it are known to exist."""

    ask: Ask
    pull: PullRequest | None
    """None for what was asked elsewhere than on a pull request."""
    rules: Rules
    manifest: Manifest

    @property
    def known(self) -> Known:
        """Return which words are environments, services, and the default branch."""
        return Known(
            environments=self.manifest.environments,
            services=self.manifest.services,
            branch=self.rules.branch,
        )


def not_understood(ask: Ask, read: Unreadable) -> Refuse:
    """Return the refusal of a line that cannot be followed."""
    return Refuse(answers.unreadable(ask, read), read.codes)


def refused(ask: Ask, refusals: tuple[Refusal, ...]) -> Refuse:
    """Return the refusal with every reason in it."""
    return Refuse(answers.refused(ask, refusals), tuple(why.code for why in refusals))


def barred(world: World, asked: Asked, environment: str) -> Refusal | None:
    """Return why this person may not do this to an environment, or None.

    It is asked anew for every command, as permissions are taken away.
    """
    return barred_by(world, asked, environment, asked.manifest.resolve(environment).gates)


def barred_by(world: World, asked: Asked, environment: str, gates: Gates) -> Refusal | None:
    """Return the same by the gates of an environment that deploy.yaml may no longer name."""
    ask = asked.ask
    needed, role = gates.permission, world.github.permission(ask.repository, ask.actor)
    if at_least(role, needed):
        return None
    if any(world.github.member(ask.repository, team, ask.actor) for team in gates.teams):
        return None
    return Refusal(
        code=Reason.PERMISSION_DENIED,
        reason=f"@{ask.actor} has `{role}` permission on this repository; "
        f"`{environment}` needs `{needed}`",
        remedy=f"somebody with `{needed}` permission can do this",
    )


def out_of_patience(ask: Ask, trouble: Transient | Gone, now: datetime) -> bool:
    """Tell whether trouble has lasted for longer than anybody waits for what was asked.

    What is bound to a commit already has its own end, and a brake is followed however late. Losing
    a race is no trouble; a repository that is lost to us may be so for a moment.
    """
    if isinstance(trouble, Gone):
        return now - ask.created_at > LATEST
    typed = ask.kind in TYPED and not ask.sha
    soon = typed and not isinstance(command.parse(ask.text), command.Abort | command.Pause)
    return trouble.retry_after != 0 and now - ask.created_at > (LATEST if soon else A_DAY)


def never_followed(ask: Ask, trouble: Exception, now: datetime) -> Refuse:
    """Return the end of what could not be read about for so long."""
    return refused(ask, (answers.never_followed(ask, str(trouble), now),))


def too_late(world: World, ask: Ask, again: str) -> Refusal | None:
    """Return why what moves traffic is not followed long after it was written."""
    if world.clock() - ask.created_at <= LATEST:
        return None
    return Refusal(
        code=Reason.TOO_LATE,
        reason="this could not be followed until now, and much may have changed since",
        remedy="ask again if you still want it",
        commands=(again,),
    )
