"""Which deliveries are asked for again: those that nobody took, with patience, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.github import Attempt
from bot.core.missed import missed

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PAUSE = timedelta(minutes=1)


def tried(
    number: int, minutes_ago: float, guid: str = "g", *, taken: bool = False, event: str = "push"
) -> Attempt:
    """One attempt."""
    at = NOW - timedelta(minutes=minutes_ago)
    return Attempt(id=number, guid=guid, event=event, at=at, taken=taken)


@pytest.mark.parametrize(
    ("attempts", "wanted"),
    [
        ([], ()),
        ([tried(1, 5)], (1,)),
        ([tried(1, 0.5)], ()),
        ([tried(1, 5, taken=True)], ()),
        ([tried(1, 9), tried(2, 5, taken=True)], ()),
        ([tried(2, 5), tried(1, 9)], (2,)),
        ([tried(1, 9), tried(2, 1)], ()),
        ([tried(2, 5, "b"), tried(1, 9, "a")], (1, 2)),
        ([tried(1, 5, event="star")], ()),
        ([tried(1, 60, event="installation_repositories")], (1,)),
        ([tried(1, 14, event="check_run")], (1,)),
        ([tried(1, 16, event="check_run")], ()),
        ([tried(1, 16, event="check_suite"), tried(2, 14, event="check_suite")], ()),
        ([tried(1, 60, event="issue_comment")], (1,)),
        ([tried(1, 3 * 24 * 60)], ()),
        ([tried(n, 200 - n) for n in range(5)], (4,)),
        ([tried(n, 200 - n) for n in range(6)], ()),
    ],
)
def test_what_nobody_took_is_asked_for_again(
    attempts: list[Attempt], wanted: tuple[int, ...]
) -> None:
    assert missed(attempts, NOW, PAUSE) == wanted
