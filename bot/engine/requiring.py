"""Give pull requests and merge groups the checks that deploy.yaml wants before a merge.

Nobody asks for it: a new head does, or the merge queue. A head gets `neutral` where it changes
nothing, else `action_required` until its deployment brings a check run of its own under the same
name; a merge group takes the result of its pull request's head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.model import Ask, AskKind
from bot.core.report import required as words
from bot.engine.found import Found, Ignore, Mark
from bot.engine.rules import MANIFEST, rules_at

if TYPE_CHECKING:
    from bot.core.configuration import EnvironmentPlan
    from bot.core.deployment import Deployment
    from bot.ports import World

MOST_LOOKED_AT = 100
"""Deployments of an environment among which a head's own is looked for."""


def require(world: World, ask: Ask) -> Found:
    """Return the check runs that a head or a merge group should have."""
    rules = rules_at(world, ask.repository, ask.ref)
    if rules.manifest is None or not rules.manifest.required:
        return Ignore()
    head = _head(world, ask)
    if not head:
        return Ignore()
    changed = world.github.changed_files(ask.repository, rules.sha, head)
    runs = []
    for name in rules.manifest.required:
        made = _deployment(world, ask, name, head)
        if made is not None and ask.kind is AskKind.HEAD:
            continue  # its own check run tells how it stands
        touched = _touches(changed, rules.manifest.resolve(name))
        concluded = words.conclusion(made, touched=touched)
        runs.append(words.check(ask, name, concluded, world.clock()))
    return Mark(tuple(runs))


def _head(world: World, ask: Ask) -> str:
    """Return the commit whose deployment counts: a merge group stands for its pull request."""
    if ask.kind is AskKind.HEAD:
        return ask.sha
    pull = world.github.pull_request(ask.repository, ask.number or 0)
    return pull.head_sha if pull else ""


def _deployment(world: World, ask: Ask, name: str, head: str) -> Deployment | None:
    made = world.store.history(f"{ask.repository.id}/{name}", MOST_LOOKED_AT)
    return words.newest(made, head)


def _touches(changed: frozenset[str] | None, plan: EnvironmentPlan) -> bool:
    """Tell whether a service is made from what changed; what cannot be listed touches all."""
    if changed is None or MANIFEST in changed:
        return True
    folders = {folder for s in plan.services for folder in (s.path, *s.also)}
    return "." in folders or any(
        file == folder or file.startswith(f"{folder}/") for file in changed for folder in folders
    )
