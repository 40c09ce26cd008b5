"""Facts that every gate is content with, and changes to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from bot.core.gates import Gates
from bot.core.github import PullRequest
from bot.core.policy import Facts, Judgement, Target, judge

SHA, OLDER, MAIN = "a" * 40, "b" * 40, "c" * 40
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
"""A Thursday."""

PULL = PullRequest(
    number=7,
    title="A change",
    state="open",
    merged=False,
    draft=False,
    head_sha=SHA,
    head_repository=1,
    base_ref="main",
    author="author",
    default_branch="main",
)
TARGET = Target(sha=SHA, first_seen=NOW - timedelta(minutes=5))
NAMED = Target(sha=SHA, typed=SHA[:7], first_seen=NOW)
ON_MAIN = Target(sha=MAIN, typed="main", on_default_branch=True)


def facts(gates: dict[str, Any] | None = None, pull: Any = None, **changed: Any) -> Facts:  # noqa: ANN401  # fields of the Structs
    """A `/deploy qa` by a writer on an open pull request, with these changes."""
    return Facts(
        **{
            "environment": "qa",
            "actor": "writer",
            "role": "write",
            "repository": 1,
            "pull": replace(PULL, **(pull or {})),
            "target": TARGET,
            "asked_at": NOW - timedelta(seconds=5),
            "now": NOW,
            "gates": Gates(**(gates or {})),
            **changed,
        }
    )


def codes(judgement: Judgement) -> list[str]:
    """Every reason word, what is awaited after what refuses."""
    return [one.code.value for one in judgement.everything]


def judged(gates: dict[str, Any] | None = None, pull: Any = None, **changed: Any) -> list[str]:  # noqa: ANN401  # as above
    """What the gates say of these facts, as words."""
    return codes(judge(facts(gates, pull, **changed)))
