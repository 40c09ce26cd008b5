"""An ask is answered once, whatever else is written to its record meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.clients.store_sqlite import SqliteStore
from bot.core.events import CommentCreated
from bot.core.model import Ask, AskState, Repository
from bot.engine.receive import receive, tick
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

    from bot.ports import R, World

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MOMENTS = (NOON + timedelta(seconds=passed) for passed in range(25))
"""Fewer than a lease lasts, so that the ask stays ours."""
COMMENT = CommentCreated(
    repository=Repository(id=7, full_name="acme/senior-mhealth", installation=3),
    number=12,
    comment_id=100,
    actor="writer",
    lines=("/deploy",),
    created_at=NOON,
)


class Topic:
    """Where looks are published, for nobody."""

    def publish(self, data: bytes, attributes: dict[str, str]) -> None:
        """Take it."""


class Raced(SqliteStore):
    """A store in which the tick of another process falls behind every other read of an ask."""

    world: World
    reads = 0

    def get(self, kind: type[R], key: str) -> tuple[R, int] | None:
        found = super().get(kind, key)
        self.reads += kind is Ask
        if kind is Ask and self.reads % 3 == 0:
            tick(self.world)
        return found


class Voice:
    """GitHub, as far as it hears us."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def react(self, _repository: Repository, _comment: int, content: str) -> None:
        self.said.append(content)

    def comment(self, _repository: Repository, _number: int, _body: str) -> int:
        self.said.append("reply")
        return 1


def test_a_tick_in_between_repeats_nothing(tmp_path: Path) -> None:
    voice = Voice()
    store = Raced(tmp_path / "store.sqlite")
    store.world = world(clock=lambda: next(MOMENTS), store=store, publisher=Topic(), voice=voice)
    receive(store.world, COMMENT)
    assert voice.said == ["eyes", "reply", "-1"]
    found = store.get(Ask, "7/100/0")
    assert found is not None
    assert found[0].state is AskState.REFUSED
