"""Gather the reviews that speak for a commit, and who of their authors may write."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import policy
from bot.core.model import Pushers
from bot.core.policy import Reviews

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.github import PullRequest, Review
    from bot.engine.question import Question
    from bot.ports import World


def reviews(world: World, asked: Question, needed: int) -> Reviews | None:
    """Return the reviews, and the roles of those by whom a gate may be decided."""
    if not needed:
        return None
    pull, of = _reviewed(world, asked)
    if pull is None:
        return None
    given = world.github.reviews(asked.repository, pull.number)
    found = world.store.get(Pushers, f"{asked.repository.id}/{of}")
    pushers = found[0].by if found else ()
    reviews = Reviews(given=given, of=of, author=pull.author, pushers=pushers)
    against = policy.objectors(reviews)
    approved = policy.candidates(reviews)
    role = partial(_reviewers_role, world, asked, given)
    roles = {
        **_roles(role, against if len(against) <= policy.MOST_OBJECTIONS else (), 1),
        **_roles(role, approved if len(approved) >= needed else (), needed),
    }
    return replace(reviews, roles=roles)


def _roles(role: Callable[[str], str], people: tuple[str, ...], enough: int) -> dict[str, str]:
    """Return people's roles, until enough of them may write."""
    roles: dict[str, str] = {}
    for who in people:
        if sum(policy.at_least(one, "write") for one in roles.values()) >= enough:
            break
        roles[who] = role(who)
    return roles


def _reviewers_role(world: World, asked: Question, given: tuple[Review, ...], who: str) -> str:
    """Return the role, which may have come with the reviews as far as it counts for them."""
    told = next((one.by_writer for one in given if one.author == who), None)
    if told is None:
        return world.github.permission(asked.repository, who)
    return "write" if told else "read"


def _reviewed(world: World, asked: Question) -> tuple[PullRequest | None, str]:
    """Return whose reviews speak for the commit, and which commit they must have looked at.

    A commit of the default branch stands for the last head of the pull request that it merged.
    """
    pull, sha = asked.pull, asked.target.sha
    if not asked.pushed and not asked.target.on_default_branch:
        return pull, sha
    if not asked.pushed:
        pull = world.github.pull_request_of(asked.repository, sha)
    brought = pull is not None and sha in {pull.merge_sha, pull.head_sha}
    return (pull, pull.head_sha) if pull and brought else (None, "")
