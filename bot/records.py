"""Environments and deployments, found by the names that operators type for them.

A name that means nothing is answered as in a comment: what there is, and what was probably meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core import command
from bot.core.deployment import Deployment
from bot.core.manifest import Manifest, parse
from bot.core.model import Environment
from bot.core.reasons import Reason
from bot.core.report import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.model import Release, Repository
    from bot.operate import Desk

MANIFEST = "deploy.yaml"
MOST = 500
"""Deployments among which one is looked for by its commit or pull request."""

Places = tuple[list[Environment], dict[str, Deployment]]
"""Environments, and what is on its way there by its id."""


class Nothing(Struct, frozen=True, kw_only=True):
    """Why a name means nothing: a word for machines, and words for people."""

    reason: Reason
    said: str


def places(desk: Desk, full_name: str, name: str | None) -> Places | Nothing:
    """Return a repository's environments, or the one of this name; and what is on its way there."""
    repository = desk.finder.repository(full_name)
    found = desk.store.environments(repository.id)
    wanted = [place for place in found if name in {None, place.name}]
    if name and not wanted:
        if unknown := _unknown(desk, repository, command.Status(environment=name)):
            return unknown
        wanted = [Environment(key=f"{repository.id}/{name}", name=name, repository=repository)]
    moving = (desk.store.get(Deployment, place.active) for place in wanted if place.active)
    return wanted, {one[0].id: one[0] for one in moving if one}


def past(desk: Desk, full_name: str, name: str, limit: int) -> Sequence[Deployment] | Nothing:
    """Return an environment's deployments, newest first."""
    repository = desk.finder.repository(full_name)
    key = f"{repository.id}/{name}"
    if desk.store.get(Environment, key) is None:
        return _unknown(desk, repository, command.History(environment=name)) or []
    return desk.store.history(key, limit)


def live(desk: Desk, one: Deployment) -> Release | None:
    """Return what is live in a deployment's environment."""
    found = desk.store.get(Environment, one.environment_key)
    return found[0].live if found else None


def deployment(desk: Desk, name: str) -> Deployment | Nothing:
    """Return the deployment of this id; its commit or pull request says which ids there are."""
    found = desk.store.get(Deployment, name)
    if found is not None:
        return found[0]
    recent = desk.store.recent(MOST)
    like = [one for one in recent if name and _is_called(one, name)]
    said = terminal.no_deployment(name, like, recent)
    return Nothing(reason=Reason.UNKNOWN_DEPLOYMENT, said=said)


def _unknown(
    desk: Desk, repository: Repository, named: command.Status | command.History
) -> Nothing | None:
    """Return why there is no such environment, or None when deploy.yaml has it after all."""
    known = _environments(desk, repository)
    read = command.resolve_environment(named, known)
    if not isinstance(read, command.Unreadable):
        return None
    said = terminal.no_environment(read, known, repository.full_name)
    return Nothing(reason=Reason.UNKNOWN_ENVIRONMENT, said=said)


def _environments(desk: Desk, repository: Repository) -> tuple[str, ...]:
    """Return what deploy.yaml of the default branch names, and what was deployed to before."""
    branch = desk.files.default_branch(repository)
    text = desk.files.file(repository, MANIFEST, branch)
    read = parse(text) if text is not None else None
    named = read.environments if isinstance(read, Manifest) else ()
    kept = (place.name for place in desk.store.environments(repository.id))
    return tuple(dict.fromkeys((*named, *kept)))


def _is_called(one: Deployment, name: str) -> bool:
    hexadecimal = name.lower()
    pull_request = name.removeprefix("#") == str(one.number)
    return pull_request or one.id.startswith(hexadecimal) or one.sha.startswith(hexadecimal)
