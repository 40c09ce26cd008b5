"""Find the answer to one ask: read it, gather what the gates look at, let them judge.

Gates, environments and cloudbuild.yaml come from the default branch; the deployed commit has a
say only in what the trust split leaves to it (`bot/core/manifest`).

Next: bot/core/command/__init__.py
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core import command, policy
from bot.core.deployment import Deployment
from bot.core.github import PullRequest
from bot.core.manifest import Manifest
from bot.core.model import Ask, AskKind, Environment
from bot.core.policy import HEAD_PATIENCE
from bot.core.report import answers
from bot.engine.found import Answer, Found, Ignore, Later, Refuse
from bot.engine.prepare import Going, prepare
from bot.engine.rules import MANIFEST, Rules, rules_at
from bot.engine.target import LOOK_AGAIN, find_target

if TYPE_CHECKING:
    from bot.ports import World


class Asked(Struct, frozen=True):
    """A readable `/deploy` on a pull request, and the default branch's rules."""

    deploy: command.Deploy
    pull: PullRequest
    rules: Rules
    manifest: Manifest


def answer(world: World, ask: Ask) -> Found:
    """Return the answer; raise Transient or Broken when the world cannot be read."""
    return _push(world, ask) if ask.kind is AskKind.PUSH else _comment(world, ask)


def _push(world: World, ask: Ask) -> Found:
    rules = rules_at(world, ask.repository, "")
    if rules.missing or (rules.manifest is None and ask.ref != rules.branch):
        return Ignore()
    environments = rules.manifest.on_push(ask.ref) if rules.manifest else ()
    if rules.manifest and not environments:
        return Ignore()
    if overtaken := _overtaken(world, ask, rules):
        return overtaken
    pull = world.github.pull_request_of(ask.repository, ask.sha)
    number = pull.number if pull else None
    if rules.manifest is None:
        return Refuse(answers.problems(ask, MANIFEST, rules.branch, rules.problems), number)
    going = Going(
        sha=ask.sha,
        rules=rules,
        manifest=rules.manifest,
        environments=environments,
        number=number,
    )
    return prepare(world, ask, going)


def _overtaken(world: World, ask: Ask, rules: Rules) -> Ignore | Later | None:
    """Leave out an older push, and one that is replayed; wait for a head not yet to be read."""
    head = (
        rules.sha if ask.ref == rules.branch else world.github.branch_head(ask.repository, ask.ref)
    )
    if head == ask.sha:
        return None
    now = world.clock()
    if now > ask.created_at + HEAD_PATIENCE or head is None:
        return Ignore()
    if world.github.contains(ask.repository, ask.sha, ask.ref):
        return Ignore()
    return Later(now + LOOK_AGAIN)


def _comment(world: World, ask: Ask) -> Found:
    read = command.parse(ask.text)
    if isinstance(read, command.Unreadable):
        return Refuse(answers.unreadable(ask, read))
    pull = world.github.pull_request(ask.repository, ask.number or 0)
    if pull is None:
        return Ignore()
    rules = rules_at(world, ask.repository, pull.default_branch)
    if rules.manifest is None:
        return Refuse(answers.problems(ask, MANIFEST, rules.branch, rules.problems))
    match read:
        case command.Help():
            names = rules.manifest.environments
            plans = [rules.manifest.resolve(name) for name in names]
            return Answer(answers.help_text(ask, plans))
        case command.Status():
            return _status(world, ask, rules.manifest.environments, read)
        case command.Deploy():
            return _deploy(world, ask, Asked(read, pull, rules, rules.manifest))


def _status(world: World, ask: Ask, environments: tuple[str, ...], read: command.Status) -> Found:
    named = command.resolve_environment(read, environments)
    if isinstance(named, command.Unreadable):
        return Refuse(answers.unreadable(ask, named))
    places: dict[str, Environment] = {}
    active: dict[str, Deployment] = {}
    names = (named.environment,) if named.environment else environments
    for name in names:
        if place := world.store.get(Environment, f"{ask.repository.id}/{name}"):
            places[name] = place[0]
            if moving := world.store.get(Deployment, place[0].active):
                active[moving[0].id] = moving[0]
    return Answer(answers.status(ask, names, places, active))


def _deploy(world: World, ask: Ask, asked: Asked) -> Found:
    meant = _meant(asked)
    if isinstance(meant, command.Unreadable):
        return Refuse(answers.unreadable(ask, meant))
    target = find_target(world, ask, asked.pull, (meant.ref, asked.rules))
    if isinstance(target, datetime):
        return Later(target)
    facts = policy.Facts(
        environment=meant.environment,
        actor=ask.actor,
        role=world.github.permission(ask.repository, ask.actor),
        repository=ask.repository.id,
        pull=asked.pull,
        target=target,
        services=meant.services,
        asked_at=ask.created_at,
        now=world.clock(),
        gates=asked.manifest.resolve(meant.environment).gates,
    )
    if refused := policy.refusals(facts):
        return Refuse(answers.refused(ask, refused))
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


def _meant(asked: Asked) -> command.Deploy | command.Unreadable:
    named = command.resolve_environment(asked.deploy, asked.manifest.environments)
    if isinstance(named, command.Deploy):
        return command.resolve_words(named, asked.manifest.services, asked.rules.branch)
    return named  # type: ignore[return-value]  # a Deploy in gives a Deploy or an Unreadable out
