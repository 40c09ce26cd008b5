"""Find the answer to one ask: read it, read the rules, and hand it to what follows such a command.

Gates, environments and cloudbuild.yaml come from the default branch; the deployed commit has a
say only in what the trust split leaves to it (`bot/core/manifest`).

Next: bot/core/command/__init__.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import command
from bot.core.deployment import Deployment
from bot.core.environment import speaks_for
from bot.core.model import Ask, AskKind, Environment
from bot.core.policy import LATEST
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.core.report.steered import called_off
from bot.engine.approving import approve
from bot.engine.asked import Asked, not_understood, refused
from bot.engine.deploying import deploy
from bot.engine.foreseeing import foreseen
from bot.engine.found import Found, Ignore, Refuse
from bot.engine.locking import lock, unlock
from bot.engine.planning import plan
from bot.engine.pushed import pushed
from bot.engine.questions import history, list_commands, status
from bot.engine.release import release
from bot.engine.requiring import require
from bot.engine.rules import MANIFEST, last_usable, rules_at
from bot.engine.steering import steer

if TYPE_CHECKING:
    from bot.core.github import PullRequest
    from bot.core.model import Refusal
    from bot.ports import World

SAFE = command.Abort | command.Pause | command.Rollback | command.Status | command.History
"""What stops things or only looks: it is followed also while deploy.yaml cannot be used."""


def answer(world: World, ask: Ask) -> Found:
    """Return the answer; raise Transient or Broken when the world cannot be read."""
    if ask.called_off:
        return Refuse(called_off(ask), (Reason.CALLED_OFF,))
    match ask.kind:
        case AskKind.PUSH:
            return pushed(world, ask)
        case AskKind.TAG:
            return release(world, ask)
        case AskKind.HEAD | AskKind.GROUP:
            return require(world, ask)
        case AskKind.COMMENT | AskKind.BUTTON | AskKind.CLI:
            return _typed(world, ask)


def _typed(world: World, ask: Ask) -> Found:
    read = command.parse(ask.text)
    if ask.line >= command.MAX_LINES:
        return refused(ask, (answers.too_many(command.MAX_LINES),))
    if stale := _stale(world, read, ask) or _late(world, read, ask):
        return refused(ask, (stale,))
    world, number = foreseen(world, ask, read), ask.number
    pull = world.github.pull_request(ask.repository, number) if number is not None else None
    if pull is None and ask.kind is AskKind.COMMENT:
        return Ignore()
    if pull is None and number is not None:
        return refused(ask, (answers.no_pull_request(number),))
    return _by_the_rules(world, read, (ask, pull))


def _by_the_rules(
    world: World,
    read: command.Command | command.Unreadable,
    where: tuple[Ask, PullRequest | None],
) -> Found:
    """Follow it by the default branch's rules, or say what is wrong with the line or with them."""
    ask, pull = where
    rules = rules_at(world, ask.repository, pull.default_branch if pull else "")
    if rules.manifest is None and isinstance(read, SAFE):
        rules = last_usable(world, ask.repository, rules)
    if rules.manifest is None and isinstance(read, command.Unreadable):
        return not_understood(ask, read)
    if rules.manifest is None:
        body = answers.problems(ask, MANIFEST, rules.branch, rules.problems)
        return Refuse(body, (Reason.BAD_MANIFEST,))
    asked = Asked(ask=ask, pull=pull, rules=rules, manifest=rules.manifest)
    if isinstance(read, command.Unreadable):
        return not_understood(ask, command.completed(read, asked.known))
    if ask.kind is AskKind.CLI and pull is None and isinstance(read, command.Deploy):
        read = _of_default_branch(read, rules.branch)
    return _followed(world, read, asked)


def _of_default_branch(deploy: command.Deploy, branch: str) -> command.Deploy:
    """Let a `/deploy` that names neither pull request nor commit mean the default branch."""
    named = deploy.ref or deploy.words[-1:] == (branch,)
    return deploy if named else replace(deploy, ref=branch)


def _stale(world: World, read: command.Command | command.Unreadable, ask: Ask) -> Refusal | None:
    """Refuse a button that stands where the environment is no longer; commands name what they mean.

    One that deploys or approves names its commit, and is never stale.
    """
    if ask.kind is not AskKind.BUTTON or isinstance(read, command.Deploy | command.Approve):
        return None
    made = world.store.get(Deployment, ask.pressed_on)
    place = world.store.get(Environment, made[0].environment_key) if made else None
    if place is not None and speaks_for(place[0], ask.pressed_on):
        return None
    return answers.stale_button(ask)


def _late(world: World, read: command.Command | command.Unreadable, ask: Ask) -> Refusal | None:
    """Refuse to change what runs so late that nobody expects it; `/deploy` has a gate for that."""
    changes = isinstance(read, command.Steering | command.Lock | command.Unlock)
    late = world.clock() - ask.created_at > LATEST
    return answers.late(ask, world.clock()) if changes and late else None


def _followed(world: World, read: command.Command, asked: Asked) -> Found:  # noqa: C901, PLR0911  # one case per command
    match read:
        case command.Deploy():
            return deploy(world, read, asked)
        case (
            command.Promote()
            | command.Pause()
            | command.Resume()
            | command.Abort()
            | command.Rollback()
        ):
            return steer(world, read, asked)
        case command.Approve():
            return approve(world, read, asked)
        case command.Lock():
            return lock(world, read, asked)
        case command.Unlock():
            return unlock(world, read, asked)
        case command.Plan():
            return plan(world, read, asked)
        case command.Status():
            return status(world, read, asked)
        case command.History():
            return history(world, read, asked)
        case command.Help():
            return list_commands(asked)
