"""A head that comes during a build: whether it holds the commit is asked once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.events import HeadSeen
from bot.core.heads import noticed, told
from bot.core.model import Heads, Shown
from bot.engine.heads import newest_head
from bot.engine.target import see_head
from bot.ports import Write
from tests.core.rollout.simulated import START, deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

OURS = replace(deployment(service_plan("ai")), number=3)
SECOND = timedelta(seconds=1)


class GitHub:
    """Holds our commit in the heads that are named here; counts the questions."""

    def __init__(self, *holding: str) -> None:
        self.holding = holding
        self.asked: list[str] = []

    def contains(self, _repository: object, sha: str, branch: str) -> bool:
        assert sha == OURS.sha
        self.asked.append(branch)
        return branch in self.holding


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "store.sqlite")


def known(store: SqliteStore, **heads: int) -> None:
    """Seconds after the deployment began at which each head was shown; `_again` for once more."""
    record = Heads(key="7/3", first_seen={})
    for name, seconds in heads.items():
        at = START + seconds * SECOND
        record = noticed(record, Shown(sha=name.removesuffix("_again"), since=at, at=at))
    store.commit(Write(record, 0))


def test_heads_from_before_say_nothing(store: SqliteStore) -> None:
    github = GitHub()
    known(store, older=-5, newer=-1, newer_again=5)
    assert newest_head(world(store=store, github=github), OURS) == ("", "")
    assert github.asked == []


def test_a_head_that_holds_the_commit_is_asked_about_once(store: SqliteStore) -> None:
    github = GitHub("onward")
    known(store, onward=5)
    here = world(store=store, github=github)
    assert newest_head(here, OURS) == ("", "onward")
    assert newest_head(here, replace(OURS, followed_by="onward")) == ("", "")
    assert github.asked == ["onward"]


def test_only_the_newest_head_counts(store: SqliteStore) -> None:
    github = GitHub("onward")
    known(store, onward=5, forced=6)
    assert newest_head(world(store=store, github=github), OURS) == ("forced", "")
    assert github.asked == ["forced"]


def test_a_head_from_before_that_comes_back_is_a_new_one(store: SqliteStore) -> None:
    known(store, older=-5, newer=-1, older_again=5)
    assert newest_head(world(store=store, github=GitHub()), OURS) == ("older", "")


def test_a_delivery_that_comes_late_tells_of_no_new_head(store: SqliteStore) -> None:
    """GitHub says when it was pushed: long before the deployment began."""
    known(store, ours=-5)
    late = HeadSeen(
        repository=OURS.repository,
        number=3,
        sha="older",
        before="oldest",
        happened_at=START - 600 * SECOND,
        received_at=START + 5 * SECOND,
    )
    here = world(store=store, github=GitHub())
    see_head(here, OURS.repository, 3, *told(late))
    assert newest_head(here, OURS) == ("", "")
    prompt = replace(late, sha="forced", happened_at=START + 6 * SECOND)
    see_head(here, OURS.repository, 3, *told(replace(prompt, received_at=START + 7 * SECOND)))
    assert newest_head(here, OURS) == ("forced", "")
