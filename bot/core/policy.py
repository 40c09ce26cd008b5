"""Who may put which commit where: gates from facts to refusals, all gathered, never the first only.

A refusal is a value with a code for machines, a sentence for people, and the exact next thing to
type. Nothing here fails open: what is not known refuses.

Next: bot/engine/advance.py
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct, field

from bot.core.configuration import Gates
from bot.core.github import PullRequest
from bot.core.model import Refusal
from bot.core.reasons import Reason

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
"""GitHub's repository roles, weakest first
(https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories)."""

HEAD_PATIENCE = timedelta(seconds=10)
"""How long a `/deploy` waits for the delivery that shows the head."""


LATEST = timedelta(minutes=15)
"""How old a command may be when its turn comes."""


class Target(Struct, frozen=True, kw_only=True):
    """Which commit a `/deploy` means, and how we know it."""

    sha: str = ""
    typed: str = ""
    """What the person typed: nothing, the beginning of a hash, or the default branch."""
    on_default_branch: bool = False
    first_seen: datetime | None = None
    """When a signed delivery first showed it as a head of this pull request."""


class Facts(Struct, frozen=True, kw_only=True):
    """Everything that the gates look at."""

    environment: str
    actor: str
    role: str
    repository: int
    pull: PullRequest
    target: Target
    services: tuple[str, ...] = ()
    """Those that were named; all when empty."""
    asked_at: datetime
    now: datetime
    gates: Gates = field(default_factory=Gates)


def refusals(facts: Facts) -> tuple[Refusal, ...]:
    """Return every reason against this deployment; none means go."""
    judged = (gate(facts) for gate in (_permission, _fresh, _open, _fork, _known_head))
    return tuple(refusal for refusal in judged if refusal is not None)


def _permission(facts: Facts) -> Refusal | None:
    needed = facts.gates.permission
    if facts.role in ROLES and ROLES.index(facts.role) >= ROLES.index(needed):
        return None
    return Refusal(
        code=Reason.PERMISSION_DENIED,
        reason=f"@{facts.actor} has `{facts.role}` permission on this repository; "
        f"`{facts.environment}` needs `{needed}`",
        remedy=f"somebody with `{needed}` permission can deploy this",
    )


def _fresh(facts: Facts) -> Refusal | None:
    """Refuse what could only be followed so late that nobody expects it any more."""
    age = facts.now - facts.asked_at
    if age <= LATEST:
        return None
    return Refusal(
        code=Reason.TOO_LATE,
        reason=f"this was written {age.total_seconds() / 60:.0f} minutes ago and could not be "
        "followed until now",
        remedy="ask again if you still want it",
        commands=(_command(facts, facts.target.typed),),
    )


def _open(facts: Facts) -> Refusal | None:
    if facts.pull.state == "open" or facts.target.on_default_branch:
        return None
    if not facts.pull.merged:
        return Refusal(
            code=Reason.PULL_REQUEST_CLOSED,
            reason="this pull request is closed",
            remedy="reopen the pull request first",
        )
    branch = facts.pull.default_branch or "main"
    return Refusal(
        code=Reason.PULL_REQUEST_MERGED,
        reason=f"this pull request is merged into `{facts.pull.base_ref}` already",
        remedy=f"deploy `{branch}` instead",
        commands=(_command(facts, branch),),
    )


def _fork(facts: Facts) -> Refusal | None:
    if facts.pull.head_repository == facts.repository or facts.target.on_default_branch:
        return None
    return Refusal(
        code=Reason.FORK_DENIED,
        reason="this pull request comes from a fork, and forks are never built here",
        remedy="push the branch to this repository after a review, and open a pull request from it",
    )


def _known_head(facts: Facts) -> Refusal | None:
    target = facts.target
    if target.on_default_branch or facts.pull.state != "open":
        return None
    if not target.sha:
        return Refusal(
            code=Reason.COMMIT_UNKNOWN,
            reason=f"`{target.typed}` is neither a head of this pull request that was seen here, "
            "nor a commit of the default branch",
            remedy="deploy the present head, or give all 40 digits of a commit of the default "
            "branch",
            commands=(_command(facts, facts.pull.head_sha[:7]),),
        )
    if target.typed and target.first_seen is not None:
        return None
    if target.first_seen is not None and target.first_seen < facts.asked_at:
        return None
    return Refusal(
        code=Reason.HEAD_NOT_KNOWN,
        reason=f"`{facts.pull.head_sha[:7]}` became this pull request's head at about the same "
        "time as the command was written, so it may not be what was meant",
        remedy="name the commit",
        commands=(_command(facts, facts.pull.head_sha[:7]),),
    )


def _command(facts: Facts, ref: str) -> str:
    return " ".join(filter(None, ("/deploy", facts.environment, *facts.services, ref)))
