"""Who may do what with a repository, and what those without permission are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from localcloud.github.app_records import Installation
from localcloud.github.problems import (
    BAD_JWT,
    LOGIN_REQUIRED,
    NOT_FOR_APPS,
    NOT_FOR_PEOPLE,
    Problem,
    not_found,
)
from localcloud.github.records import Grant, Permission, Repository

if TYPE_CHECKING:
    from localcloud.github.actors import Actor
    from localcloud.github.site import Site

Level = Literal["read", "write", "admin"]

_RANK = {"none": 0, "read": 1, "write": 2, "admin": 3}
_APP_PERMISSIONS = {
    "checks": "write",
    "contents": "read",
    "deployments": "write",
    "issues": "write",
    "members": "read",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}


def app_permissions() -> dict[str, str]:
    """List what every App here is given: what the bot asks for on github.com, and no more."""
    return dict(_APP_PERMISSIONS)


def granted(site: Site, repository: Repository, login: str) -> Permission:
    """Tell a person's own permission, before what being public gives to everybody."""
    if login.lower() == repository.owner.lower():
        return "admin"
    found = site.store.first(Grant, repository=repository.id, login=login)
    return found.permission if found else "none"


def permission(site: Site, repository: Repository, login: str) -> Permission:
    """Tell a person's permission as GitHub reports it: everybody reads a public repository."""
    own = granted(site, repository, login)
    return "read" if own == "none" and not repository.private else own


def allows(level: str, needed: str) -> bool:
    """Tell whether one level includes another."""
    return _RANK[level] >= _RANK[needed]


def covers(site: Site, actor: Actor, repository: Repository) -> bool:
    """Tell whether an installation token reaches a repository."""
    if actor.token is None:
        return False
    installed = site.store.get(Installation, actor.token.installation)
    chosen = actor.token.repositories
    return (
        installed is not None
        and repository.id in installed.repositories
        and (chosen is None or repository.id in chosen)
    )


def may(site: Site, actor: Actor, repository: Repository, needed: Level) -> bool:
    """Tell whether a person may; nobody and strangers read what is public."""
    own = permission(site, repository, actor.user.login) if actor.user else "none"
    if own == "none" and not repository.private:
        own = "read"
    return allows(own, needed)


def may_as_app(site: Site, actor: Actor, repository: Repository, needed: dict[str, str]) -> bool:
    """Tell whether an installation may: any one of the needed App permissions is enough."""
    if not covers(site, actor, repository) or actor.token is None:
        return not repository.private and set(needed.values()) <= {"read"}
    held = actor.token.permissions
    return any(allows(held.get(name, "none"), level) for name, level in needed.items())


def authorize(
    site: Site, actor: Actor, repository: Repository, needed: Level, app: dict[str, str]
) -> None:
    """Let the actor pass, or refuse as GitHub does.

    Raises Problem 404 where the repository is hidden from the actor, 401 for nobody, else 403.
    """
    if actor.app:
        _authorize_app(site, actor, repository, app)
        return
    if not may(site, actor, repository, "read"):
        raise not_found()
    if may(site, actor, repository, needed):
        return
    raise Problem(403, NOT_FOR_PEOPLE) if actor.user else Problem(401, LOGIN_REQUIRED)


def _authorize_app(site: Site, actor: Actor, repository: Repository, app: dict[str, str]) -> None:
    if actor.token is None:
        raise Problem(401, BAD_JWT)
    if may_as_app(site, actor, repository, app):
        return
    hidden = repository.private and not covers(site, actor, repository)
    raise not_found() if hidden else Problem(403, NOT_FOR_APPS)
