"""Everything that the gates look at, gathered before any of them judges.

What a gate of deploy.yaml needs and could not be gathered is None, and None refuses.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from bot.core.awaiting import Approval
from bot.core.gates import Gates
from bot.core.github import CheckSeen, PullRequest, RequiredCheck, Review


class Target(Struct, frozen=True, kw_only=True):
    """Which commit a `/deploy` means, and how we know it."""

    sha: str = ""
    typed: str = ""
    """What the person typed: nothing, the beginning of a hash, or the default branch."""
    on_default_branch: bool = False
    first_seen: datetime | None = None
    """When a signed delivery first showed it as a head of this pull request."""
    waited: bool = False
    """Whether it was settled earlier, and the command has waited since."""


class Live(Struct, frozen=True, kw_only=True):
    """What the environment runs, and whether that is part of what is to be deployed."""

    sha: str
    number: int | None
    contained: bool


class Checks(Struct, frozen=True, kw_only=True):
    """What is known of a commit's checks; our own are left out."""

    seen: tuple[CheckSeen, ...]
    required: tuple[RequiredCheck, ...] = ()


class Reviews(Struct, frozen=True, kw_only=True):
    """The reviews that speak for a commit."""

    given: tuple[Review, ...]
    of: str
    """The commit that they must have looked at."""
    author: str
    """Of the pull request."""
    pushers: tuple[str, ...] = ()
    """Who pushed that commit, as far as deliveries told."""
    roles: dict[str, str] = field(default_factory=dict)
    """Repository roles of those who may count; anybody can review a public repository."""


class Before(Struct, frozen=True, kw_only=True):
    """What the environment named by `after` makes of the same commit."""

    lacking: tuple[str, ...]
    """Services whose image and settings have not succeeded there."""


class Facts(Struct, frozen=True, kw_only=True):
    """Everything that the gates look at."""

    environment: str
    actor: str
    role: str
    in_team: bool = False
    """Whether the actor is a member of one of the teams that `teams` names."""
    repository: int
    pull: PullRequest | None
    """None for a push that no pull request brought."""
    target: Target
    services: tuple[str, ...] = ()
    """Those that were named; all when empty."""
    pushed: bool = False
    """Whether a push asked, and no comment."""
    asked_at: datetime
    now: datetime
    gates: Gates = field(default_factory=Gates)
    own_checks: tuple[str, ...] = ()
    """Names of the check runs that we make here, which a rule may require."""
    live: Live | None = None
    """None where nothing runs yet."""
    checks: Checks | None = None
    behind: int | None = None
    """How many commits of the default branch the target lacks."""
    reviews: Reviews | None = None
    before: Before | None = None
    approved: tuple[Approval, ...] = ()
    """By people who may deploy here now."""
    override: bool = False
    """Whether an admin's way around windows and freezes is asked for."""
    why: str = ""
    """The reason that came with the command, as it was typed."""
    replaces: int | None = None
    """The pull request whose running change may be replaced."""


def command(facts: Facts, ref: str) -> str:
    """Return the `/deploy` that asks for the same with this commit."""
    return " ".join(filter(None, ("/deploy", facts.environment, *facts.services, ref)))


def plain(name: str) -> str:
    """Return a name that others chose as text that cannot leave its code span."""
    return "".join(mark if mark.isprintable() and mark not in "`<>|" else "·" for mark in name)[:80]


def again(facts: Facts) -> str:
    """Return the command as it was, to be pasted once the gate is satisfied."""
    return command(facts, facts.target.typed)
