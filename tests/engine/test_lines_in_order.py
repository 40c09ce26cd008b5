"""Lines of one comment are followed from top to bottom, whatever holds one up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.clients.store_sqlite import SqliteStore
from bot.core import events
from bot.core.events import CommentCreated
from bot.core.model import Ask, AskState, Repository
from bot.engine.receive import receive
from bot.ports import Transient
from tests.engine.worlds import EmptyRepository, world

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.github import PullRequest
    from bot.ports import World, Write

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
COMMENT = CommentCreated(
    repository=Repository(id=7, full_name="acme/senior-mhealth", installation=3),
    number=12,
    comment_id=100,
    actor="writer",
    lines=("/deploy prod", "/pause prod"),
    created_at=NOON,
)


class AwayAtFirst(EmptyRepository):
    """GitHub, which cannot answer the first question."""

    asked = 0

    def pull_request(self, repository: Repository, number: int) -> PullRequest:
        self.asked += 1
        if self.asked == 1:
            what = "GitHub is away"
            raise Transient(what)
        return super().pull_request(repository, number)


class Topic:
    """Every look that was wished for."""

    def __init__(self) -> None:
        self.looks: list[events.Event | None] = []

    def publish(self, data: bytes, _attributes: dict[str, str]) -> None:
        self.looks.append(events.decode(data))


class Silent:
    """Says nothing to anybody, and keeps nothing of what is published."""

    def react(self, *_: object) -> None:
        pass

    def publish(self, *_: object) -> None:
        pass

    def comment(self, *_: object) -> int:
        return 1

    def find_comment(self, *_: object) -> int:
        return 0

    def edit_comment(self, *_: object) -> None:
        pass


def test_a_line_waits_for_the_one_above_it(tmp_path: Path) -> None:
    store, now = SqliteStore(tmp_path / "store.sqlite"), [NOON]
    engine = world(
        clock=lambda: now[0],
        store=store,
        github=AwayAtFirst(),
        voice=Silent(),
        publisher=Silent(),
    )

    def states() -> list[AskState]:
        found = (store.get(Ask, f"7/100/{line}") for line in (0, 1))
        return [one[0].state for one in found if one is not None]

    receive(engine, COMMENT)
    assert states() == [AskState.NEW, AskState.NEW]
    now[0] += timedelta(seconds=10)
    receive(engine, events.Look(ask="7/100/1"))
    assert states() == [AskState.NEW, AskState.NEW]
    receive(engine, events.Look(ask="7/100/0"))
    assert states() == [AskState.REFUSED, AskState.REFUSED]


class Overtaken(SqliteStore):
    """A store in which the first line is decided just before the second one is put off."""

    engine: World
    overtaken = False

    def commit(self, *writes: Write) -> bool:
        lines = [one.record for one in writes if isinstance(one.record, Ask)]
        put_off = any(ask.line and ask.wake_at != ask.created_at for ask in lines)
        if put_off and not self.overtaken and all(ask.lease_until is None for ask in lines):
            self.overtaken = True
            receive(self.engine, events.Look(ask="7/100/0"))
        return super().commit(*writes)


def test_a_line_whose_wait_is_over_before_it_begins_is_looked_at_again(tmp_path: Path) -> None:
    store, now, topic = Overtaken(tmp_path / "store.sqlite"), [NOON], Topic()
    store.engine = world(
        clock=lambda: now[0], store=store, github=AwayAtFirst(), voice=Silent(), publisher=topic
    )
    receive(store.engine, COMMENT)
    now[0] += timedelta(seconds=10)
    receive(store.engine, events.Look(ask="7/100/1"))
    assert topic.looks == [events.Look(ask="7/100/1")]
