"""Follow `/deploy`: find the commit, let the gates judge it, and read what it is made of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.core import command, locks, policy
from bot.core.model import Environment, Refusal
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.core.report import locks as words
from bot.engine.asked import Asked, not_understood, refused
from bot.engine.found import Found, Ignore, Later, Refuse
from bot.engine.prepare import Going, prepare
from bot.engine.target import find_target

if TYPE_CHECKING:
    from bot.core.github import PullRequest
    from bot.ports import World


def deploy(world: World, read: command.Deploy, asked: Asked) -> Found:
    """Return the deployment, or every reason against it."""
    ask = asked.ask
    meant = _meant(read, asked)
    if isinstance(meant, command.Unreadable):
        return not_understood(ask, meant)
    if meant.now or meant.retry or meant.replace or meant.override or meant.reason:
        return Refuse(answers.not_yet(ask), (Reason.NOT_YET,))
    if asked.pull is None:
        return Ignore()
    target = find_target(world, ask, asked.pull, (meant.ref, asked.rules))
    if isinstance(target, datetime):
        return Later(target)
    facts = _facts(world, (meant, target, asked.pull), asked)
    if against := (*policy.refusals(facts), *_locked_out(world, meant, target.sha, asked)):
        return refused(ask, against)
    going = Going(
        sha=target.sha,
        rules=asked.rules,
        manifest=asked.manifest,
        environments=(meant.environment,),
        services=meant.services,
        number=ask.number,
        command=command.written(meant),
    )
    return prepare(world, ask, going)


def _locked_out(world: World, meant: command.Deploy, sha: str, asked: Asked) -> tuple[Refusal, ...]:
    ask = asked.ask
    found = world.store.get(Environment, f"{ask.repository.id}/{meant.environment}")
    if found is None:
        return ()
    entry = locks.Entry(sha, ask.actor, ask.number)
    against = words.kept_out(found[0], entry, command.written(meant), world.clock())
    return (against,) if against else ()


def _facts(
    world: World, what: tuple[command.Deploy, policy.Target, PullRequest], asked: Asked
) -> policy.Facts:
    meant, target, pull = what
    ask = asked.ask
    return policy.Facts(
        environment=meant.environment,
        actor=ask.actor,
        role=world.github.permission(ask.repository, ask.actor),
        repository=ask.repository.id,
        pull=pull,
        target=target,
        services=meant.services,
        asked_at=ask.created_at,
        now=world.clock(),
        gates=asked.manifest.resolve(meant.environment).gates,
    )


def _meant(read: command.Deploy, asked: Asked) -> command.Deploy | command.Unreadable:
    named = command.resolve_environment(read, asked.manifest.environments)
    if isinstance(named, command.Unreadable):
        return named
    return command.resolve_words(named, asked.manifest.services, asked.rules.branch)
