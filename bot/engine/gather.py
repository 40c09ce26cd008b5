"""Gather what the gates of one environment look at: nothing that none of them asks for.

What each gate costs in requests stands in docs/gates.md. Somebody who may not deploy at all costs
no more than the look at their permission.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core import policy
from bot.core.awaiting import Approval, Approvals
from bot.core.gates import Gates, demands_live
from bot.core.github import PullRequest, RequiredCheck
from bot.core.model import Ask, Environment, Pushers, Release, Repository
from bot.core.policy import Checks, Live, Reviews, Target
from bot.engine.rules import branch_seen

if TYPE_CHECKING:
    from bot.engine.wish import Wish
    from bot.ports import World

WRITERS = frozenset({"read", "triage", "write"})
"""Permissions that GitHub asked for when it took a push."""


class Question(Struct, frozen=True, kw_only=True):
    """Everything that decides which facts are needed."""

    repository: Repository
    environment: str
    gates: Gates
    branch: str
    """The default branch."""
    branch_sha: str = ""
    """Its commit that the rules were read from; empty for the one that it is at by now."""
    protected: tuple[RequiredCheck, ...] | None = None
    """What its classic protection requires, where that was read with the rules just now."""
    actor: str
    asked_at: datetime
    target: Target
    pull: PullRequest | None
    services: tuple[str, ...] = ()
    pushed: bool = False
    override: bool = False
    why: str = ""
    replaces: int | None = None
    own_checks: tuple[str, ...] = ()


def question(wish: Wish) -> Question:
    """Return what is asked about a wish."""
    ask: Ask = wish.ask
    return Question(
        repository=ask.repository,
        environment=wish.environment,
        gates=wish.gates,
        branch=wish.rules.branch,
        branch_sha=wish.rules.sha,
        protected=wish.rules.protected,
        actor=ask.actor,
        asked_at=ask.created_at,
        target=wish.target,
        pull=wish.pull,
        services=wish.services,
        pushed=wish.pushed,
        override=wish.override,
        why=wish.why,
        replaces=wish.replaces,
        own_checks=wish.own_checks,
    )


def gathered(world: World, asked: Question) -> policy.Facts:
    """Return the facts but for `before`; raise Transient or Broken when one cannot be had."""
    facts = who(world, asked)
    if not policy.worth_asking(facts):
        return facts
    gates = asked.gates
    return replace(
        facts,
        live=_live(world, asked) if demands_live(asked.environment, gates) else None,
        checks=_checks(world, asked) if gates.checks is not None else None,
        behind=_behind(world, asked) if gates.up_to_date != "off" else None,
        reviews=_reviews(world, asked, policy.approvals_needed(facts)),
        approved=_approved(world, asked) if gates.two_person else (),
    )


def who(world: World, asked: Question) -> policy.Facts:
    """Return the facts that come with the question, and who it is that asks."""
    role, in_team = _standing(world, asked)
    return replace(unasked(asked, world.clock(), role), in_team=in_team)


def live_release(world: World, repository: Repository, environment: str) -> Release | None:
    """Return what an environment runs of a known commit, as our own record says."""
    found = world.store.get(Environment, f"{repository.id}/{environment}")
    live = found[0].live if found else None
    return live if live and live.sha else None


def unasked(asked: Question, now: datetime, role: str = "none") -> policy.Facts:
    """Return the facts that come with the question itself."""
    return policy.Facts(
        environment=asked.environment,
        actor=asked.actor,
        role=role,
        repository=asked.repository.id,
        pull=asked.pull,
        target=asked.target,
        services=asked.services,
        pushed=asked.pushed,
        asked_at=asked.asked_at,
        now=now,
        gates=asked.gates,
        own_checks=asked.own_checks,
        override=asked.override,
        why=asked.why,
        replaces=asked.replaces,
    )


def _standing(world: World, asked: Question) -> tuple[str, bool]:
    """Return the role, and whether a team makes up for it."""
    if asked.pushed and asked.gates.permission in WRITERS:
        return "write", False
    return _role(world, asked, asked.actor)


def _role(world: World, asked: Question, login: str) -> tuple[str, bool]:
    gates = asked.gates
    role = world.github.permission(asked.repository, login)
    if policy.at_least(role, gates.permission):
        return role, False
    teams = (world.github.member(asked.repository, team, login) for team in gates.teams)
    return role, any(teams)


def _live(world: World, asked: Question) -> Live | None:
    live = live_release(world, asked.repository, asked.environment)
    if live is None:
        return None
    own = asked.pull is not None and not asked.pushed and asked.pull.number == live.number
    known = asked.target.sha == live.sha or (own and not asked.target.on_default_branch)
    return Live(sha=live.sha, number=live.number, contained=known or _contained(world, asked, live))


def _contained(world: World, asked: Question, live: Release) -> bool:
    """Ask for the live commit, then for the commit that merged its pull request, if any did."""
    repository, sha = asked.repository, asked.target.sha
    if world.github.contains(repository, live.sha, sha):
        return True
    if live.number is None:
        return False
    pull = world.github.pull_request(repository, live.number)
    ours = pull is not None and pull.head_sha == live.sha and pull.merge_sha
    return bool(pull and ours and world.github.contains(repository, pull.merge_sha, sha))


def _checks(world: World, asked: Question) -> Checks:
    required = _required(world, asked) if asked.gates.checks == "required" else ()
    return Checks(seen=world.github.checks(asked.repository, asked.target.sha), required=required)


def _required(world: World, asked: Question) -> tuple[RequiredCheck, ...]:
    repository, protected = asked.repository, asked.protected
    if protected is None:
        protected = branch_seen(world, repository, asked.branch).required
    ruled = world.github.ruled_checks(repository, asked.branch)
    return tuple(dict.fromkeys((*ruled, *protected)))


def _behind(world: World, asked: Question) -> int | None:
    if asked.pushed or asked.target.on_default_branch:
        return 0
    now = asked.branch_sha or branch_seen(world, asked.repository, asked.branch).sha
    return world.github.behind(asked.repository, asked.target.sha, now)


def _reviews(world: World, asked: Question, needed: int) -> Reviews | None:
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
    roles = {
        **_roles(world, asked, against if len(against) <= policy.MOST_OBJECTIONS else (), 1),
        **_roles(world, asked, approved if len(approved) >= needed else (), needed),
    }
    return replace(reviews, roles=roles)


def _roles(world: World, asked: Question, people: tuple[str, ...], enough: int) -> dict[str, str]:
    """Return people's roles, until enough of them may write."""
    roles: dict[str, str] = {}
    for who in people:
        if sum(policy.at_least(role, "write") for role in roles.values()) >= enough:
            break
        roles[who] = world.github.permission(asked.repository, who)
    return roles


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


def _approved(world: World, asked: Question) -> tuple[Approval, ...]:
    """Return the first word that counts, by somebody who may still deploy there."""
    key = f"{asked.repository.id}/{asked.environment}/{asked.target.sha}"
    found = world.store.get(Approvals, key)
    lasting = unasked(asked, world.clock())
    counting = policy.approving(lasting, found[0].given) if found else ()
    return next(((one,) for one in counting if _may(world, asked, one.by)), ())


def _may(world: World, asked: Question, login: str) -> bool:
    role, in_team = _role(world, asked, login)
    return in_team or policy.at_least(role, asked.gates.permission)
