"""Locks: who closes an environment says why, and everybody reads how to open it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.model import Ask
from tests.stories import services
from tests.stories.later import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.budget import Ledger
    from tests.stories.people import Pull, Repository


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """One service, already in staging; prod takes everything in one step."""
    return repository(prod="{steps: [100], watch: 0s}").in_staging()


@pytest.fixture(scope="module")
def pull(made: Repository) -> Pull:
    """A pull request to talk on."""
    return made.pull_request({"notes.md": "a change\n"}, "talk")


def offered(answer: str) -> list[str]:
    """The lines to paste that an answer ends with."""
    last = re.findall(r"^Next: (.*)$", answer, re.MULTILINE)[-1]
    return re.findall(r"`([^`]+)`", last)


def test_a_locked_environment_is_closed_until_somebody_unlocks_it(
    made: Repository, pull: Pull
) -> None:
    other = made.pull_request({"web/app.py": services.good("other")}, "other")
    locked = pull.comment("/lock prod --for 2h the database is being moved")
    assert "`prod` is locked: `the database is being moved`" in pull.answer(locked)
    assert pull.reacted(locked, "rocket") == ["eyes", "rocket"]

    told = other.refusal(other.comment("/deploy prod"))

    assert f"`prod` is locked by @writer on #{pull.number} for 1 min: `the database" in told
    unlock, again, *_ = offered(told)
    assert (unlock, again) == ("/unlock prod", "/deploy prod")
    assert "locked by @writer" in other.refusal(other.comment("/lock prod me too", by="owner"))
    assert "needs `write`" in other.refusal(other.comment(unlock, by="reader"))

    assert "It was locked by @writer" in other.answer(other.comment(unlock, by="owner"))
    assert other.reacted(other.comment(again), "rocket") == ["eyes", "rocket"]


def test_a_lock_that_lasts_longer_is_called_to_mind_and_stays(
    made: Repository, pull: Pull, ledger: Ledger
) -> None:
    locked = pull.comment("/lock prod --for 1m a short while")
    pull.reacted(locked, "rocket")
    key = f"{made.call('GET', '')['id']}/{locked}/0"

    def over(ask: Ask) -> Ask:
        past = datetime.now(UTC) - timedelta(seconds=1)
        return replace(ask, remind_at=past, wake_at=past)

    for number in range(2):
        rewritten(made.cloud, Ask, key, over)
        told = pull.reply(f"<!-- spillway reminder {key} {number} -->")
        assert "@writer, `prod` is still locked" in told
        ledger.typed(made.full_name, "reminder")
    assert "`/unlock prod`" in told
    other = made.pull_request({"notes.md": "still\n"}, "still-locked")
    assert "locked by @writer" in other.refusal(other.comment("/deploy prod", by="owner"))
    pull.reacted(pull.comment("/unlock prod"), "rocket")


def test_who_locks_deploys_from_where_it_was_locked(made: Repository) -> None:
    mine = made.pull_request({"web/app.py": services.good("mine")}, "mine")
    mine.answer(mine.comment("/lock prod trying my change"))
    other = made.pull_request({"notes.md": "another\n"}, "another")
    assert "is locked by @writer" in other.refusal(other.comment("/deploy prod"))
    assert mine.reacted(mine.comment("/deploy prod"), "rocket") == ["eyes", "rocket"]
    mine.answer(mine.comment("/unlock prod"))


def test_a_push_into_a_locked_environment_waits_and_then_starts_by_itself(
    made: Repository, pull: Pull
) -> None:
    pull.answer(pull.comment("/lock staging hands off"))
    sha = made.commit({"web/app.py": services.good("pushed")}, "Pushed")
    made.push()
    made.titled(sha, "staging", "Queued, position 1 (locked by writer: hands off)")
    pull.answer(pull.comment("/unlock staging"))
    assert made.concluded(sha, "staging")["conclusion"] == "success"
