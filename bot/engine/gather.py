"""Gather what the gates of one environment look at: nothing that none of them asks for.

What each gate costs in requests stands in docs/gates.md. Somebody who may not deploy at all costs
no more than the look at their permission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import policy
from bot.core.awaiting import Approval, Approvals
from bot.core.gates import demands_live
from bot.core.model import Environment, Release, Repository
from bot.core.policy import Checks, Live
from bot.engine.reviewed import reviews
from bot.engine.rules import branch_seen

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.github import RequiredCheck
    from bot.engine.question import Question
    from bot.ports import World

WRITERS = frozenset({"read", "triage", "write"})
"""Permissions that GitHub asked for when it took a push."""


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
        reviews=reviews(world, asked, policy.approvals_needed(facts)),
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
