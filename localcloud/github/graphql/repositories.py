"""Repositories, who may do what in them, their refs, and how a head stands to a ref."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.github import pulls
from localcloud.github.access import granted
from localcloud.github.comparing import compare
from localcloud.github.graphql.nodes import Fields, Kinds, Node, needing
from localcloud.github.graphql.objects import HEADS, Held, at, located, ref
from localcloud.github.graphql.people import actor
from localcloud.github.graphql.refusals import refuse, unresolved, unserved
from localcloud.github.records import Grant, Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.github.comparing import Comparison
    from localcloud.github.exchange import Ask
    from localcloud.github.graphql.paging import Page

_NO_PUSH = "Must have push access to view repository collaborators."
_OF_A_PULL = re.compile(r"refs/pull/(\d+)/head")


def _repository(ask: Ask, held: Repository) -> Fields:
    default = f"{HEADS}{held.default_branch}"
    return {
        "databaseId": held.id,
        "name": held.name,
        "nameWithOwner": held.full_name,
        "isPrivate": held.private,
        "isFork": held.parent is not None,
        "owner": lambda: actor(ask.site, held.owner),
        "defaultBranchRef": needing(ask, "contents", lambda: ref(ask, default)),
        "ref": needing(ask, "contents", lambda qualified_name: _named(ask, qualified_name)),
        "object": needing(ask, "contents", lambda oid=None, expression=None: (
            at(ask, oid) if oid else located(ask, expression or "")
        )),
        "pullRequest": needing(ask, "pull_requests", lambda number: _pull(ask, number)),
        "collaborators": needing(ask, "metadata", _collaborators(ask)),
    }  # fmt: skip


def _named(ask: Ask, name: str) -> Node | None:
    found = (ref(ask, full) for full in (name, f"{HEADS}{name}", f"refs/tags/{name}"))
    return next((node for node in found if node), None)


def _pull(ask: Ask, number: int) -> Node:
    found = pulls.find(ask.site, ask.repository, number)
    if found is None:
        unresolved(f"a PullRequest with the number of {number}")
    return Node("PullRequest", ask, found)


def _collaborators(ask: Ask) -> Callable[..., Fields]:
    def collaborators(
        page: Page,
        query: str | None = None,
        login: str | None = None,
        affiliation: str | None = None,
    ) -> Fields:
        if affiliation == "OUTSIDE":
            unserved("Repository.collaborators(affiliation: OUTSIDE)")
        if not ask.may("write", metadata="read"):
            refuse("FORBIDDEN", _NO_PUSH)
        met = [
            one
            for one in _everybody(ask)
            if (query or "").lower() in one.lower() and (login or one).lower() == one.lower()
        ]
        return page.of(met, lambda one: actor(ask.site, one), lambda one: _permission(ask, one))

    return collaborators


def _everybody(ask: Ask) -> list[str]:
    """List the people who were let in, whatever everybody may do in a public repository."""
    let_in = {one.login for one in ask.site.store.find(Grant, repository=ask.repository.id)}
    users = (ask.site.user(login) for login in {ask.repository.owner, *let_in})
    people = sorted(user.login for user in users if user and user.type == "User")
    return [login for login in people if granted(ask.site, ask.repository, login) != "none"]


def _permission(ask: Ask, login: str) -> Fields:
    return {"permission": granted(ask.site, ask.repository, login).upper()}


def _ref(ask: Ask, held: Held) -> Fields:
    first, second, name = held.name.split("/", 2)
    return {
        "name": name,
        "prefix": f"{first}/{second}/",
        "target": lambda: at(ask, held.sha),
        "repository": Node("Repository", ask, ask.repository),
        "compare": needing(ask, "contents", lambda head_ref: _compared(ask, held.sha, head_ref)),
    }


def _compared(ask: Ask, base: str, head: str) -> Node | None:
    start, end = ask.git.resolve(base), _head(ask, head)
    found = compare(ask.git, start, end) if start and end else None
    return Node("Comparison", ask, found) if found else None


def _head(ask: Ask, wanted: str) -> str | None:
    """Find a ref of this repository, or a commit that one of its own refs holds.

    GitHub does not take a fork's: https://github.com/refined-github/refined-github/issues/6094.
    """
    name = wanted.removeprefix("refs/").removeprefix("heads/")
    sha = ask.git.resolve(name)
    named = {f"{HEADS}{name}", f"refs/tags/{name}", f"refs/{name}"} & set(ask.git.refs())
    return sha if sha and (named or _own(ask, sha)) else None


def _own(ask: Ask, sha: str) -> bool:
    names = ask.git.text("for-each-ref", "--contains", sha, "--format=%(refname)").splitlines()
    return not all(_is_forks(ask, name) for name in names)


def _is_forks(ask: Ask, name: str) -> bool:
    match = _OF_A_PULL.fullmatch(name)
    pull = pulls.find(ask.site, ask.repository, int(match[1])) if match else None
    return pull is not None and pull.head_repository != ask.repository.id


def _comparison(ask: Ask, held: Comparison) -> Fields:
    return {
        "aheadBy": len(held.ahead),
        "behindBy": held.behind,
        "status": held.status.upper(),
        "baseTarget": Node("Commit", ask, held.base),
        "headTarget": Node("Commit", ask, held.head),
        "commits": lambda page: page.of(held.ahead, lambda one: Node("Commit", ask, one.sha)),
    }


kinds: Kinds = {"Repository": _repository, "Ref": _ref, "Comparison": _comparison}
