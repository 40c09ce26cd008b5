"""Follow a push: to the environments that take its branch, unless a newer one overtook it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.policy import HEAD_PATIENCE, Target
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.foreseeing import foreseen_push
from bot.engine.found import Found, Ignore, Later, Refuse
from bot.engine.judged import judged
from bot.engine.rules import MANIFEST, Rules, rules_at
from bot.engine.wish import Wish

if TYPE_CHECKING:
    from bot.core.model import Ask
    from bot.ports import World

SOON = timedelta(seconds=2)
"""After so long a branch mostly reads as it was pushed; the last look is after HEAD_PATIENCE."""


def pushed(world: World, ask: Ask) -> Found:
    """Return the deployments of a push, one per environment that takes its branch."""
    rules = rules_at(world, ask.repository, ask.default_branch)
    if rules.missing or (rules.manifest is None and ask.ref != rules.branch):
        return Ignore()
    environments = rules.manifest.on_push(ask.ref) if rules.manifest else ()
    if rules.manifest and not environments:
        return Ignore()
    if ask.environment:
        environments = tuple(name for name in environments if name == ask.environment)
    if overtaken := _overtaken(world, ask, rules):
        return overtaken
    gates = (
        {name: rules.manifest.resolve(name).gates for name in environments}
        if rules.manifest
        else {}
    )
    world = foreseen_push(world, ask, rules, gates)
    pull = world.github.pull_request_of(ask.repository, ask.sha)
    if rules.manifest is None:
        body = answers.problems(ask, MANIFEST, rules.branch, rules.problems)
        return Refuse(body, (Reason.BAD_MANIFEST,), pull.number if pull else None)
    if not environments:
        return Ignore()
    target = Target(sha=ask.sha, on_default_branch=ask.ref == rules.branch)
    wish = Wish(
        ask=ask,
        environment="",
        target=target,
        pull=pull,
        pushed=True,
        rules=rules,
        manifest=rules.manifest,
    )
    return judged(world, [replace(wish, environment=name) for name in environments])


def _overtaken(world: World, ask: Ask, rules: Rules) -> Ignore | Later | None:
    """Leave out an older push, and one that is replayed; wait for a head not yet to be read."""
    head = (
        rules.sha if ask.ref == rules.branch else world.github.branch_head(ask.repository, ask.ref)
    )
    if head == ask.sha:
        return None
    now = world.clock()
    if now >= ask.created_at + HEAD_PATIENCE or head is None or ask.note:
        return Ignore()
    if world.github.contains(ask.repository, ask.sha, head):
        return Ignore()
    soon = now < ask.created_at + SOON
    return Later(ask.created_at + (SOON if soon else HEAD_PATIENCE))
