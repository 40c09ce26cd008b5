"""Which commit was the head when somebody wrote a command, whatever order we were told in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations

import pytest

from bot.core.heads import MOST, head_since, noticed
from bot.core.model import Heads, Shown

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
COMMENT = 10
"""Seconds after noon at which it was written."""

CASES: dict[str, tuple[str, int | None]] = {
    # what was shown, each as head and second or as head and the seconds of a reading; known since
    "shown before": ("A1", 1),
    "shown in the same second": ("A10", None),
    "shown after": ("A11", None),
    "nothing shown": ("", None),
    "after another": ("B1 A2", 2),
    "shown twice": ("A1 A5", 1),
    "shown again after": ("A1 A12", 1),
    "gone before": ("A1 B5", None),
    "gone before, and back after": ("A1 B5 A11", None),
    "gone before, and back before": ("A1 B5 A7", 7),
    "gone after": ("A1 B11", 1),
    "gone after, and back": ("A1 B11 A12", 1),
    "back and forth": ("A1 B2 A3 B4 A5 B6", None),
    "in the same moment as another": ("A5 B5", None),
    "read before": ("A1-2", 2),
    "read while it was written": ("A9-11", None),
    "read before another came": ("A1-2 B3", None),
    "read while another came": ("A1-5 B3", None),
    "read after another came": ("A4-5 B3", 5),
    "another read meanwhile": ("A5 B4-6", None),
    "another read before": ("A5 B3-4", 5),
    "another perhaps read before": ("A5 B4-12", None),
}


def shown(text: str) -> Shown:
    since, _, at = text[1:].partition("-")
    first, last = (NOON + timedelta(seconds=int(one)) for one in (since, at or since))
    return Shown(sha=text[0], since=first, at=last)


@pytest.mark.parametrize(("told", "since"), CASES.values(), ids=CASES)
def test_the_head_at_a_moment(told: str, since: int | None) -> None:
    expected = None if since is None else NOON + timedelta(seconds=since)
    moment = NOON + timedelta(seconds=COMMENT)
    for order in permutations(map(shown, told.split())):
        twice = reduce(noticed, (*order, *order), Heads(key="7/3", first_seen={}))
        assert head_since(twice, "A", moment) == expected


def test_only_the_latest_are_kept_and_every_head_is_remembered() -> None:
    heads = Heads(key="7/3", first_seen={})
    for second in range(2 * MOST):
        at = NOON + timedelta(seconds=second)
        heads = noticed(heads, Shown(sha=f"{second}", since=at, at=at))
    assert (len(heads.first_seen), len(heads.shown)) == (2 * MOST, MOST)
    assert head_since(heads, f"{2 * MOST - 1}", at + timedelta(seconds=1)) == at
