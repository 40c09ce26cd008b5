"""What the gates of one environment are asked about."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core.gates import Gates
from bot.core.github import PullRequest, RequiredCheck
from bot.core.model import Ask, Repository
from bot.core.policy import Target

if TYPE_CHECKING:
    from bot.engine.wish import Wish


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
