"""Who may put which commit where: gates from facts to findings, all gathered, never the first only.

A refusal is a value with a code for machines, a sentence for people, and the exact next thing to
type. Nothing here fails open: what is not known refuses. Each gate is told in docs/gates.md.

Next: bot/engine/advance.py
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.model import Refusal
from bot.core.policy import calendar, checks, commit, people
from bot.core.policy.facts import (
    Before,
    Checks,
    Facts,
    Live,
    Reviews,
    Target,
)
from bot.core.policy.judgement import Awaited, Finding, Judgement, Note
from bot.core.policy.people import (
    LATEST,
    MOST_OBJECTIONS,
    approvals_needed,
    approving,
    asker,
    at_least,
    candidates,
    objectors,
)
from bot.core.reasons import Reason

if TYPE_CHECKING:
    from bot.core.gates import Gates

__all__ = [
    "LATEST",
    "MOST_OBJECTIONS",
    "Awaited",
    "Before",
    "Checks",
    "Facts",
    "Judgement",
    "Live",
    "Reviews",
    "Target",
    "approval_refusals",
    "approvals_needed",
    "approving",
    "asker",
    "at_least",
    "candidates",
    "judge",
    "may",
    "may_wait",
    "moved_on",
    "objectors",
    "worth_asking",
]

HEAD_PATIENCE = timedelta(seconds=10)
"""How long a `/deploy` waits for the delivery that shows the head."""

Gate = Callable[[Facts], Finding | None]

AT_HAND: tuple[Gate, ...] = (
    people.permission,
    people.fresh,
    commit.opened,
    commit.draft,
    commit.base,
    commit.fork,
    commit.default_branch_only,
    commit.known_head,
    calendar.calendar,
)
"""Gates that need nothing beyond the pull request and the actor's permission."""

ASKING: tuple[Gate, ...] = (
    commit.up_to_date,
    commit.contains_live,
    commit.after,
    checks.checks,
    people.approvals,
    people.objections,
    people.two_person,
)
"""Gates whose facts have to be asked for, about a commit that is known."""


ANOTHER_COMMIT = frozenset(
    {
        Reason.PULL_REQUEST_MERGED,
        Reason.FORK_DENIED,
        Reason.NOT_DEFAULT_BRANCH,
        Reason.HEAD_MOVED,
    }
)
"""Refusals whose remedy is to deploy another commit."""


def judge(facts: Facts) -> Judgement:
    """Return everything that every gate says.

    Whoever may not deploy at all, or means no commit that could be deployed, is not told how it
    stands with the rest.
    """
    gates = (*AT_HAND, *ASKING) if worth_asking(facts) else AT_HAND
    said = {gate.__name__: gate(facts) for gate in gates}
    found = [_by_now(finding, facts) for finding in said.values() if finding is not None]
    return Judgement(
        passed=tuple(name for name, finding in said.items() if finding is None),
        refusals=tuple(one for one in found if isinstance(one, Refusal)),
        awaited=tuple(one for one in found if isinstance(one, Awaited)),
        notes=tuple(one.text for one in found if isinstance(one, Note)),
    )


def worth_asking(facts: Facts) -> bool:
    """Tell whether the gates that ask can change anything: another commit asks them anew."""
    if not may(facts) or not facts.target.sha:
        return False
    found = (gate(facts) for gate in AT_HAND)
    return not any(isinstance(one, Refusal) and one.code in ANOTHER_COMMIT for one in found)


def moved_on(facts: Facts) -> tuple[Refusal, ...]:
    """Return what a pull request says against its own commit, read again before the start."""
    gates = (commit.opened, commit.draft, commit.base, commit.known_head)
    return tuple(refusal for gate in gates if (refusal := gate(facts)) is not None)


def approval_refusals(facts: Facts) -> tuple[Refusal, ...]:
    """Return what stands against somebody's `/approve` of a commit."""
    gates = (people.asks_for_two, people.permission, people.fresh, commit.known_commit)
    return tuple(refusal for gate in gates if (refusal := gate(facts)) is not None)


def may_wait(gates: Gates, *, pushed: bool) -> bool:
    """Tell whether anything that these gates ask for may be waited for."""
    green = gates.checks is not None and (pushed or gates.when_green == "wait")
    return green or gates.two_person


def may(facts: Facts) -> bool:
    """Tell whether the actor's permission is enough."""
    return people.permission(facts) is None


def _by_now(finding: Finding, facts: Facts) -> Finding:
    """Turn what was waited for long enough into a refusal."""
    if not isinstance(finding, Awaited) or facts.now < finding.until:
        return finding
    waited = f"waited for until {finding.until:%Y-%m-%d %H:%M} UTC"
    reason = f"{finding.reason}; {waited}"
    return Refusal(code=finding.code, reason=reason, commands=finding.commands)
