"""Locks: who is kept out, who is not, and that nothing ends one but people and another commit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bot.core.locks import Entry, holds, locked, unlocked
from bot.core.model import Environment, Lock, Repository

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HERE = Environment(key="7/prod", name="prod", repository=Repository(7, "acme/shop", 1))
LOCK = Lock(key="7/1/0", reason="on fire", owner="writer", since=NOW, number=12)
ROLLED_BACK = replace(LOCK, key="abc", rolled_back="a" * 40)


@pytest.mark.parametrize(
    ("lock", "entry", "kept_out"),
    [
        (None, Entry("b" * 40, "reader", 3), False),
        (LOCK, Entry("b" * 40, "owner", 12), True),
        (LOCK, Entry("b" * 40, "writer", 13), True),
        (LOCK, Entry("b" * 40, "writer", 12), False),
        (replace(LOCK, number=None), Entry("b" * 40, "writer", None), True),
        (ROLLED_BACK, Entry("a" * 40, "writer", 12), True),
        (ROLLED_BACK, Entry("b" * 40, "reader", 3), False),
    ],
)
def test_a_lock_keeps_out_all_but_its_owners_own_pull_request(
    lock: Lock | None, entry: Entry, *, kept_out: bool
) -> None:
    assert holds(lock, entry) is kept_out


def test_somebody_elses_lock_stands() -> None:
    there = locked(HERE, LOCK)
    assert there.lock == LOCK
    assert locked(there, replace(LOCK, owner="owner", reason="mine")) == there


def test_ones_own_lock_is_made_anew_and_a_rollbacks_lock_gives_way() -> None:
    longer = replace(LOCK, reason="still on fire")
    assert locked(locked(HERE, LOCK), longer).lock == longer
    assert locked(replace(HERE, lock=ROLLED_BACK), longer).lock == longer


def test_unlocking_wakes_those_who_wait() -> None:
    opened = unlocked(locked(HERE, LOCK))
    assert (opened.lock, opened.asked) == (None, HERE.asked + 1)
    assert unlocked(HERE) == HERE
