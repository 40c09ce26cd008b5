"""Repositories, who may do what in them, their branches, and forks."""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from localcloud.github import accounts, moving
from localcloud.github.access import may, permission
from localcloud.github.exchange import Ask, Reply
from localcloud.github.problems import NOT_FOR_APPS, not_found, refuse
from localcloud.github.records import Permission, Repository, User
from localcloud.github.routes.protection import required
from localcloud.github.routing import Routes
from localcloud.github.shapes import commits, people, repositories

routes = Routes("metadata", "contents")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class Rename(msgspec.Struct):
    """The body that changes a repository."""

    name: str


class Transfer(msgspec.Struct):
    """The body that gives a repository away."""

    new_owner: str
    new_name: str | None = None


def _own(ask: Ask) -> Permission:
    user = ask.actor.user
    return permission(ask.site, ask.repository, user.login if user else "")


@routes.get("/repos/{owner}/{repo}")
def get_repository(ask: Ask) -> Reply:
    """Tell about one repository."""
    return Reply(repositories.full(ask.site, ask.repository, _own(ask)))


@routes.patch("/repos/{owner}/{repo}", needs="admin")
def rename_repository(ask: Ask) -> Reply:
    """Give the repository another name; nothing else of it can be changed here."""
    wanted = ask.read(Rename)
    return Reply(
        repositories.full(ask.site, _moved(ask, ask.repository.owner, wanted.name), "admin")
    )


@routes.post("/repos/{owner}/{repo}/transfer", needs="admin")
def transfer_repository(ask: Ask) -> Reply:
    """Give the repository to another owner, at once: nobody has to accept it here."""
    wanted = ask.read(Transfer)
    moved = _moved(ask, wanted.new_owner, wanted.new_name or ask.repository.name)
    return Reply(repositories.minimal(ask.site, moved), 202)


def _moved(ask: Ask, owner: str, name: str) -> Repository:
    if not _NAME.fullmatch(name):
        refuse("Repository", "name")
    try:
        return moving.move(ask.site, ask.repository, f"{owner}/{name}")
    except LookupError:
        refuse("Repository", "name", "name already exists on this account")


@routes.get("/repos/{owner}/{repo}/collaborators/{username}/permission")
def get_permission(ask: Ask, username: str) -> Reply:
    """Tell what somebody may do; only those who may push learn it."""
    ask.must(
        ask.may("write", metadata="read"), "Must have push access to view collaborator permission."
    )
    user = ask.site.user(unquote(username))
    if user is None or user.type == "Organization":
        raise not_found()
    held = permission(ask.site, ask.repository, user.login)
    shaped = people.collaborator(ask.site, user.login, held)
    return Reply({"permission": held, "role_name": held, "user": shaped})


@routes.get("/repos/{owner}/{repo}/branches")
def list_branches(ask: Ask) -> Reply:
    """List branches by name."""
    return ask.page(
        sorted(ask.git.heads().items()),
        lambda item: repositories.short_branch(ask.site, ask.repository, *item),
    )


@routes.get("/repos/{owner}/{repo}/branches/{branch}")
def get_branch(ask: Ask, branch: str) -> Reply:
    """Tell about one branch and its newest commit."""
    sha = ask.git.heads().get(branch)
    if sha is None:
        raise not_found()
    head = commits.commit(ask.site, ask.repository, ask.git.commit(sha))
    checks = required(ask, branch, classic=True)
    return Reply(repositories.branch(ask.site, ask.repository, (branch, head), checks))


@routes.get("/repos/{owner}/{repo}/forks")
def list_forks(ask: Ask) -> Reply:
    """List the forks that the caller may see."""
    every = ask.site.store.find(Repository, parent=ask.repository.id)
    seen = [fork for fork in every if may(ask.site, ask.actor, fork, "read")]
    return ask.page(seen, lambda fork: repositories.minimal(ask.site, fork))


@routes.post("/repos/{owner}/{repo}/forks", needs="read")
def create_fork(ask: Ask) -> Reply:
    """Copy the repository to the caller."""
    user = ask.actor.user
    ask.must(isinstance(user, User), NOT_FOR_APPS)
    copy = accounts.fork(ask.site, ask.repository, ask.actor.login)
    return Reply(repositories.full(ask.site, copy, "admin"), 202)
