"""One reply per comment, whatever breaks between its lines, however often it is looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core import events
from bot.core.events import CommentCreated
from bot.core.model import Ask, Repository
from bot.engine.receive import receive, tick
from bot.ports import Transient
from tests.engine.worlds import world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.ports import World

NO_ANSWER = "no answer"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LINES = ("/depoly prod", "/rollback", "/lock prod")
COMMENT = CommentCreated(
    repository=Repository(id=7, full_name="acme/senior-mhealth", installation=3),
    number=12,
    comment_id=100,
    actor="writer",
    lines=LINES,
    created_at=NOON,
)


class Crash(BaseException):
    """The process is gone."""


class Talk:
    """A pull request's conversation on GitHub, which may break at one call."""

    def __init__(self, breaks_at: int, trouble: type[BaseException], *, after: bool) -> None:
        self.comments: dict[int, str] = {}
        self.reactions: list[str] = []
        self._left, self._trouble, self._after = breaks_at, trouble, after

    def _call(self, effect: Callable[[], object]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise self._trouble(NO_ANSWER)
        effect()
        if self._left == 0:
            raise self._trouble(NO_ANSWER)

    def react(self, _repository: Repository, _comment: int, content: str) -> None:
        self._call(lambda: content in self.reactions or self.reactions.append(content))

    def comment(self, _repository: Repository, _number: int, body: str) -> int:
        number = len(self.comments) + 1
        self._call(lambda: self.comments.__setitem__(number, body))
        return number

    def edit_comment(self, _repository: Repository, comment: int, body: str) -> None:
        self._call(lambda: self.comments.__setitem__(comment, body))

    def find_comment(
        self, _repository: Repository, _number: int, marker: str, _since: object
    ) -> int:
        found = [number for number, body in self.comments.items() if marker in body]
        return found[0] if found else 0


class Topic:
    """Keeps what is published, for the test to deliver."""

    def __init__(self) -> None:
        self.waiting: list[events.Event | None] = []

    def publish(self, data: bytes, _attributes: dict[str, str]) -> None:
        self.waiting.append(events.decode(data))


class Time:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def conversation(path: Path, talk: Talk, clock: Time) -> World:
    """The engine's world with nothing in it but this conversation."""
    store = SqliteStore(path / "store.sqlite")
    return world(clock=clock, store=store, publisher=Topic(), voice=talk)


def settle(made: World, clock: Time) -> None:
    """Tick and deliver until nothing is due any more."""
    topic = made.publisher
    assert isinstance(topic, Topic)
    for _ in range(20):
        clock.now += timedelta(seconds=61)
        tick(made)
        while topic.waiting:
            event = topic.waiting.pop()
            assert event is not None
            receive(made, event)


@pytest.mark.parametrize("breaks_at", range(1, 7))
@pytest.mark.parametrize("after", [False, True], ids=["not done", "done all the same"])
@pytest.mark.parametrize("trouble", [Transient, Crash])
def test_three_lines_get_one_reply_whatever_breaks(
    tmp_path: Path, trouble: type[BaseException], breaks_at: int, *, after: bool
) -> None:
    talk, clock = Talk(breaks_at, trouble, after=after), Time()
    made = conversation(tmp_path, talk, clock)
    try:
        receive(made, COMMENT)
    except Crash:
        receive(made, COMMENT)
    settle(made, clock)
    (told,) = talk.comments.values()
    assert [told.count(f"`{line}`") >= 1 for line in LINES] == [True] * len(LINES)
    assert talk.reactions == ["eyes", "-1"]
    asks = [made.store.get(Ask, f"7/100/{line}") for line in range(len(LINES))]
    assert [found and found[0].wake_at for found in asks] == [None] * len(LINES)


def test_a_comment_delivered_again_says_nothing_new(tmp_path: Path) -> None:
    talk, clock = Talk(0, Crash, after=False), Time()
    made = conversation(tmp_path, talk, clock)
    for _ in range(3):
        receive(made, COMMENT)
    settle(made, clock)
    assert (len(talk.comments), talk.reactions) == (1, ["eyes", "-1"])


def test_a_comment_that_is_replayed_with_other_lines_changes_nothing(tmp_path: Path) -> None:
    talk, clock = Talk(0, Crash, after=False), Time()
    made = conversation(tmp_path, talk, clock)
    receive(made, COMMENT)
    told = dict(talk.comments)
    for lines in (("/status",), (*LINES, "/unlock prod"), ("/deploy prod",) * 10):
        receive(made, replace(COMMENT, lines=lines))
    settle(made, clock)
    assert (talk.comments, talk.reactions) == (told, ["eyes", "-1"])
    assert made.store.get(Ask, "7/100/3") is None
