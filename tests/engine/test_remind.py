"""A lock that lasts longer than was thought: its owner is reminded, once a day, and it stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.model import Ask, AskKind, AskState, Environment, Lock, Repository
from bot.engine.remind import MOST, remind
from bot.ports import Transient, Write
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

    from bot.ports import World

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DUE = NOON + timedelta(hours=2)
HERE = Repository(7, "acme/shop", 1)
ASK = Ask(
    key="7/100/0",
    kind=AskKind.COMMENT,
    repository=HERE,
    actor="writer",
    text="/lock prod --for 2h on fire",
    number=12,
    comment_id=100,
    created_at=NOON,
    state=AskState.ANSWERED,
    remind_at=DUE,
    wake_at=DUE,
)
LOCK = Lock(key=ASK.key, reason="on fire", owner="writer", since=NOON, until=DUE, number=12)
PLACE = Environment(key="7/prod", name="prod", repository=HERE, lock=LOCK)


class Scene:
    """A locked environment, a clock to turn, and what is said on the pull request."""

    def __init__(self, path: Path) -> None:
        self.now, self.said, self.lost = DUE, list[str](), False
        self.store = SqliteStore(path / "store.sqlite")
        self.store.commit(Write(ASK, 0), Write(PLACE, 0))
        self.world: World = world(store=self.store, clock=lambda: self.now, voice=self)

    def comment(self, _repository: Repository, _number: int, body: str) -> int:
        self.said.append(body)
        if self.lost:
            self.lost = False
            what = "no answer"
            raise Transient(what)
        return len(self.said)

    def find_comment(self, _repository: Repository, _number: int, marker: str, _at: object) -> int:
        return next((n for n, body in enumerate(self.said, 1) if marker in body), 0)

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)
        remind(self.world, ASK.key)

    @property
    def ask(self) -> Ask:
        found = self.store.get(Ask, ASK.key)
        assert found is not None
        return found[0]


def test_the_owner_is_reminded_when_the_time_is_over_and_the_lock_stays(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.later(minutes=-1)
    assert scene.said == []
    scene.later(minutes=1)
    scene.later(hours=1)
    (told,) = scene.said
    assert "@writer, `prod` is still locked by @writer on #12 for 2 h: `on fire`" in told
    assert told.endswith("Next: `/unlock prod` · `/status prod`")
    place = scene.store.get(Environment, PLACE.key)
    assert place is not None
    assert place[0].lock == LOCK


def test_reminders_come_daily_and_end_some_time(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for _ in range(20):
        scene.later(days=1)
    assert len(scene.said) == MOST
    assert scene.ask.wake_at is None


def test_nobody_is_reminded_of_a_lock_that_is_gone(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.store.commit(Write(replace(PLACE, lock=replace(LOCK, key="7/101/0")), 1))
    scene.later(days=1)
    assert (scene.said, scene.ask.wake_at) == ([], None)


def test_a_reminder_of_which_the_outcome_is_unknown_is_not_said_twice(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.lost = True
    scene.later(minutes=1)
    scene.later(minutes=10)
    assert len(scene.said) == 1
    assert scene.ask.reminders == 1
