"""Which commit was the head when somebody wrote a command, whatever order we were told in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations, product

import pytest
from msgspec.structs import replace

from bot.core.events import HeadSeen
from bot.core.heads import MOST, head_since, newest, noticed, told
from bot.core.model import Heads, Repository, Shown

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


LATE = (0.3, 0.9, 2.5)
"""Seconds on a delivery's way."""


@pytest.mark.parametrize("there", [7.2, 8.9, 9.5, 10.4, 11.2])
@pytest.mark.parametrize("stays", [0.2, 1.1, 3.0])
@pytest.mark.parametrize("delays", list(product(LATE, LATE)), ids=str)
def test_a_head_that_was_put_back_is_not_known_by_its_first_time(
    there: float, stays: float, delays: tuple[float, float]
) -> None:
    """B replaces A, and A is put back: each of the two deliveries tells that B was there."""
    back = there + stays
    deliveries = [
        (seen("A", 1), 1.3),
        (seen("B", there, "A"), there + delays[0]),
        (seen("A", back, "B"), back + delays[1]),
    ]
    written = NOON + timedelta(seconds=COMMENT)
    arrived = [replace(one, received_at=NOON + timedelta(seconds=at)) for one, at in deliveries]
    was_b = there < COMMENT + 1 and back >= COMMENT
    for some in ((0, 1), (0, 2), (0, 1, 2)):
        for order in permutations(some):
            shown = (one for place in order for one in told(arrived[place]))
            known = head_since(
                reduce(noticed, shown, Heads(key="7/3", first_seen={})), "A", written
            )
            assert not (was_b and known)


def seen(sha: str, at: float, before: str = "") -> HeadSeen:
    """What GitHub tells of a push, in whole seconds."""
    happened = NOON + timedelta(seconds=int(at))
    place = Repository(id=7, full_name="acme/app", installation=3)
    return HeadSeen(
        repository=place,
        number=3,
        sha=sha,
        before=before,
        happened_at=happened,
        received_at=happened,
    )


def test_pushes_that_follow_each_other_leave_the_last_one_known() -> None:
    heads = Heads(key="7/3", first_seen={})
    for sha, before, at in (("A", "", 1.2), ("B", "A", 1.8), ("A", "B", 2.1), ("C", "A", 2.6)):
        one = replace(seen(sha, at, before), received_at=NOON + timedelta(seconds=at + 0.3))
        heads = reduce(noticed, told(one), heads)
    assert head_since(heads, "C", NOON + timedelta(seconds=COMMENT)) is not None
    assert head_since(heads, "A", NOON + timedelta(seconds=COMMENT)) is None


def test_only_the_latest_are_kept_and_every_head_is_remembered() -> None:
    heads = Heads(key="7/3", first_seen={})
    for second in range(2 * MOST):
        at = NOON + timedelta(seconds=second)
        heads = noticed(heads, Shown(sha=f"{second}", since=at, at=at))
    assert (len(heads.first_seen), len(heads.shown)) == (2 * MOST, MOST)
    assert head_since(heads, f"{2 * MOST - 1}", at + timedelta(seconds=1)) == at


def test_a_clock_of_ours_that_is_late_makes_no_head_known_earlier() -> None:
    """GitHub tells that the push came after the comment, whatever our clock said."""
    late = replace(seen("A", COMMENT + 1), received_at=NOON + timedelta(seconds=COMMENT - 2))
    heads = reduce(noticed, told(late), Heads(key="7/3", first_seen={}))
    assert head_since(heads, "A", NOON + timedelta(seconds=COMMENT)) is None


def test_the_newest_head_is_the_one_that_was_pushed_last() -> None:
    told_late = replace(seen("A", 1), received_at=NOON + timedelta(seconds=COMMENT))
    for order in permutations((seen("B", 5, "A"), told_late)):
        shown = (one for event in order for one in told(event))
        assert newest(reduce(noticed, shown, Heads(key="7/3", first_seen={}))) == "B"
    assert newest(Heads(key="7/3", first_seen={})) == ""
