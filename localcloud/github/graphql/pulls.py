"""Pull requests, their commits and their reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github.access import allows, permission
from localcloud.github.graphql.nodes import Fields, Kinds, Node, needing, visible
from localcloud.github.graphql.objects import HEADS, at, ref
from localcloud.github.graphql.people import actor
from localcloud.github.records import Pull, Repository, Review
from localcloud.github.routes.pulls import commits_of
from localcloud.github.routes.reviews import reviews_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.github.exchange import Ask
    from localcloud.github.graphql.paging import Page


def _pull(ask: Ask, held: Pull) -> Fields:
    merged = held.merged_at is not None
    return {
        "databaseId": held.id,
        "number": held.number,
        "title": held.title,
        "body": held.body or "",
        "state": "MERGED" if merged else held.state.upper(),
        "isDraft": held.draft,
        "merged": merged,
        "createdAt": held.created_at,
        "author": lambda: actor(ask.site, held.author),
        "headRefOid": held.head_sha,
        "headRefName": held.head_ref,
        "headRef": lambda: _head_ref(ask, held),
        "headRepository": lambda: _head_repository(ask, held),
        "baseRefName": held.base_ref,
        "baseRefOid": held.base_sha,
        "baseRepository": Node("Repository", ask, ask.repository),
        "baseRef": needing(ask, "contents", lambda: ref(ask, f"{HEADS}{held.base_ref}")),
        "mergeCommit": lambda: at(ask, held.merge_commit_sha or "") if merged else None,
        "reviews": _reviews(ask, held),
        "commits": lambda page: page.of(
            commits_of(ask, held), lambda one: {"commit": Node("Commit", ask, one.sha)}
        ),
    }


def _home(ask: Ask, held: Pull) -> Ask | None:
    """Return the way to where the head branch lives; None where it is gone, or hidden."""
    return visible(ask, ask.site.store.get(Repository, held.head_repository))


def _head_repository(ask: Ask, held: Pull) -> Node | None:
    home = _home(ask, held)
    return Node("Repository", home, home.repository) if home else None


def _head_ref(ask: Ask, held: Pull) -> Node | None:
    home = _home(ask, held)
    name = f"{HEADS}{held.head_ref}"
    return needing(home, "contents", lambda: ref(home, name))() if home else None


def _reviews(ask: Ask, held: Pull) -> Callable[..., Fields]:
    def reviews(page: Page, states: list[str] | None = None, author: str | None = None) -> Fields:
        met = [
            one
            for one in reviews_of(ask, held)
            if (not states or one.state in states) and author in (None, one.author)
        ]
        return page.of(met, lambda one: Node("PullRequestReview", ask, one))

    return reviews


def _review(ask: Ask, held: Review) -> Fields:
    known = ask.site.user(held.author) is not None
    may = permission(ask.site, ask.repository, held.author) if known else "none"
    return {
        "databaseId": held.id,
        "author": lambda: actor(ask.site, held.author),
        "authorCanPushToRepository": allows(may, "write"),
        "state": held.state,
        "body": held.body,
        "commit": lambda: at(ask, held.commit),
        "submittedAt": None if held.state == "PENDING" else held.submitted_at,
    }


kinds: Kinds = {"PullRequest": _pull, "PullRequestReview": _review}
