"""Follow `/deploy`: find the commit, let the gates judge it, and read what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import command
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.asked import Asked, not_understood, refused
from bot.engine.found import Found, Refuse
from bot.engine.judged import judged
from bot.engine.target import find_commit, find_target
from bot.engine.wish import Wish

if TYPE_CHECKING:
    from bot.core.policy import Target
    from bot.ports import World


def deploy(world: World, read: command.Deploy, asked: Asked) -> Found:
    """Return the deployment, or every reason against it."""
    ask = asked.ask
    meant = command.resolve_deploy(read, asked.known)
    if isinstance(meant, command.Unreadable):
        return not_understood(ask, meant)
    if meant.override and not meant.reason:
        return not_understood(ask, _unreasoned(meant))
    target = meant_commit(world, meant, asked)
    if isinstance(target, Refuse):
        return target
    return judged(world, (wish_for(meant, asked, target),))


def meant_commit(world: World, meant: command.Deploy, asked: Asked) -> Target | Refuse:
    """Return which commit is meant; without a pull request only the default branch has any."""
    wish = (meant.ref, asked.rules)
    if asked.pull is not None:
        return find_target(world, asked.ask, asked.pull, wish)
    target = find_commit(world, asked.ask, wish)
    return target if target.sha else refused(asked.ask, (answers.no_commit(meant, asked.ask),))


def wish_for(meant: command.Deploy, asked: Asked, target: Target) -> Wish:
    """Return what the gates are asked about."""
    return Wish(
        ask=asked.ask,
        environment=meant.environment,
        services=meant.services,
        target=target,
        pull=asked.pull,
        rules=asked.rules,
        manifest=asked.manifest,
        override=meant.override,
        why=meant.reason,
        replaces=meant.replace or None,
        command=command.written(meant),
        at_once=meant.now,
        retry=meant.retry,
    )


def _unreasoned(meant: command.Deploy) -> command.Unreadable:
    return command.Unreadable(
        line=command.written(meant),
        code=Reason.NO_REASON,
        problem="`--override` needs a reason, which stays on record.",
        suggestion=f'{command.written(meant)} --reason "why"',
    )
