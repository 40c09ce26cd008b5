"""Repositories that get another name or owner, and Apps that are taken away from them.

https://docs.github.com/repositories/creating-and-managing-repositories/transferring-a-repository
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from localcloud.github import accounts, events
from localcloud.github.app_records import App, Installation
from localcloud.github.times import now

if TYPE_CHECKING:
    from localcloud.github.records import Repository
    from localcloud.github.site import Site


def move(site: Site, repository: Repository, full_name: str) -> Repository:
    """Give a repository another name or owner; the old name leads on until somebody takes it.

    Another owner's Apps get it as if they were installed on all of that owner's repositories.
    Raises LookupError for a name that is taken.
    """
    owner, name = full_name.split("/")
    if site.repository(full_name):
        message = f"{full_name} is there already"
        raise LookupError(message)
    accounts.account(site, owner)
    former = (*repository.former, repository.full_name)
    moved = site.store.save(replace(repository, owner=owner, name=name, former=former))
    if owner != repository.owner:
        for held in site.installations(moved):
            _take_away(site, held, moved)
        for app in site.store.find(App):
            if site.store.first(Installation, app=app.id, account=owner):
                accounts.install(site, app, moved)
    return moved


def uninstall(site: Site, app: App, repository: Repository) -> None:
    """Take an App away from a repository; an installation without any other ends with it."""
    for held in site.installations(repository):
        if held.app == app.id:
            _take_away(site, held, repository, end=held.repositories == (repository.id,))


def _take_away(
    site: Site, held: Installation, repository: Repository, *, end: bool = False
) -> None:
    """Take a repository out of an installation, or end that; tell its App."""
    left = tuple(one for one in held.repositories if one != repository.id)
    kept = replace(held, repositories=left, updated_at=now())
    app = site.store.get(App, held.app)
    if app is not None:
        events.taken_away(site, app, (kept, repository), ended=end)
    site.store.delete(held) if end else site.store.save(kept)
