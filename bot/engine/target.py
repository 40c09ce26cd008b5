"""Which commit a `/deploy` means: the live head that was known before, or one named exactly.

A comment carries no commit, and commit dates can be forged, so a head counts as known from when
a signed delivery, or an authenticated read of ours, first showed it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.heads import head_since, noticed, shown_since
from bot.core.model import Ask, Heads, Pushers, Shown
from bot.core.policy import HEAD_PATIENCE, Target
from bot.ports import World, Write

if TYPE_CHECKING:
    from bot.core.github import PullRequest
    from bot.core.model import Repository
    from bot.engine.rules import Rules

LOOK_AGAIN = timedelta(milliseconds=250)
FULL_SHA = 40


def find_target(world: World, ask: Ask, pull: PullRequest, wish: tuple[str, Rules]) -> Target:
    """Return the commit; one that is not named may take as long as its delivery does to come."""
    ref, rules = wish
    if ref == rules.branch:
        sha = ask.sha or rules.sha
        return Target(sha=sha, typed=ref, on_default_branch=True, waited=bool(ask.sha))
    heads = _heads_by_now(world, ask, pull, patient=not ref)
    if not ref:
        sha = ask.sha or pull.head_sha
        since = head_since(heads, sha, ask.created_at)
        return Target(sha=sha, first_seen=since, waited=bool(ask.sha))
    named = _named(world, ask.repository, heads.first_seen, (ask.sha or ref, rules))
    return replace(named, typed=ref, waited=bool(ask.sha))


def find_commit(world: World, ask: Ask, wish: tuple[str, Rules]) -> Target:
    """Return the commit of the default branch that is meant where there is no pull request."""
    ref, rules = wish
    if ref in {"", rules.branch}:
        return Target(sha=rules.sha, typed=ref, on_default_branch=True)
    return _named(world, ask.repository, {}, wish)


def see_head(world: World, repository: Repository, number: int, *shown: Shown) -> Heads:
    """Put on record that heads were shown, and return all that is known."""
    key = f"{repository.id}/{number}"
    while True:
        found = world.store.get(Heads, key)
        heads, version = found or (Heads(key=key, first_seen={}), 0)
        more = reduce(noticed, shown, heads)
        if more == heads or world.store.commit(Write(more, version)):
            return more


def _heads_by_now(world: World, ask: Ask, pull: PullRequest, *, patient: bool) -> Heads:
    """Return what is known once a delivery that is about to arrive has come, or will not come.

    GitHub is not asked meanwhile: the pull request is read again before anything starts.
    """
    until = min(ask.created_at, world.clock()) + HEAD_PATIENCE
    while True:
        heads = _heads(world, ask.repository, pull.number)
        if pull.state != "open" or _settled(heads, pull.head_sha, ask.created_at):
            return heads
        now = world.clock()
        if not patient or now >= until:
            after = max(ask.created_at, now)
            read = Shown(sha=pull.head_sha, since=min(ask.created_at, now), at=after)
            return see_head(world, ask.repository, pull.number, read)
        world.pause(LOOK_AGAIN.total_seconds())


def see_pusher(world: World, repository: Repository, sha: str, login: str) -> None:
    """Put on record who pushed a commit, which they did not review thereby."""
    key = f"{repository.id}/{sha}"
    while True:
        pushers, version = world.store.get(Pushers, key) or (Pushers(key=key), 0)
        more = replace(pushers, by=(*pushers.by, login))
        if not login or login in pushers.by or world.store.commit(Write(more, version)):
            return


def _settled(heads: Heads, sha: str, asked_at: datetime) -> bool:
    """Tell whether no delivery is awaited that would say more about this head."""
    return head_since(heads, sha, asked_at) is not None or shown_since(heads, sha, asked_at)


def _heads(world: World, repository: Repository, number: int) -> Heads:
    key = f"{repository.id}/{number}"
    found = world.store.get(Heads, key)
    return found[0] if found else Heads(key=key, first_seen={})


def _named(
    world: World, repository: Repository, seen: dict[str, datetime], wish: tuple[str, Rules]
) -> Target:
    typed, rules = wish
    heads = {sha for sha in seen if sha.startswith(typed)}
    meant = heads | ({rules.sha} if rules.sha.startswith(typed) else set())
    if len(meant) > 1:
        return Target(typed=typed)
    full = next(iter(meant), typed)
    if heads:
        return Target(sha=full, typed=typed, first_seen=seen[full])
    if len(full) == FULL_SHA and world.github.contains(repository, full, rules.sha):
        return Target(sha=full, typed=typed, on_default_branch=True)
    return Target(typed=typed)
