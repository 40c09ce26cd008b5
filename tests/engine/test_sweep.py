"""The sweep: now and then, once, and never more than GitHub can bear."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.clients.store_sqlite import SqliteStore
from bot.core import events
from bot.core.github import Attempt
from bot.engine.receive import receive, tick
from bot.ports import Transient, World
from tests.engine.worlds import world

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
EVERY = timedelta(minutes=5)


class Hook:
    """GitHub's record of what it could not deliver."""

    def __init__(self, failed: int) -> None:
        self.failed = failed
        self.asked: list[int] = []
        self.reads = 0
        self.down = False

    def attempts(self, _since: datetime) -> Sequence[Attempt]:
        self.reads += 1
        if self.down:
            what = "GitHub is down"
            raise Transient(what)
        return [
            Attempt(id=n, guid=f"g{n}", event="push", at=NOON - timedelta(hours=1), taken=False)
            for n in range(self.failed)
        ]

    def again(self, attempt: int) -> None:
        self.asked.append(attempt)


class Scene:
    """A consumer with a clock to turn, and a topic to look at."""

    def __init__(self, path: Path, failed: int) -> None:
        self.now = NOON
        self.hook = Hook(failed)
        self.published: list[events.Event | None] = []
        self.world: World = world(
            store=SqliteStore(path / "store.sqlite"),
            clock=lambda: self.now,
            publisher=self,
            deliveries=self.hook,
            sweep_every=EVERY,
        )

    def publish(self, data: bytes, _attributes: dict[str, str]) -> None:
        self.published.append(events.decode(data))


def test_ticks_ask_for_a_sweep_now_and_then_only(tmp_path: Path) -> None:
    scene = Scene(tmp_path, failed=3)
    tick(scene.world)
    assert scene.published == [events.Sweep()]
    for _ in range(3):
        receive(scene.world, events.Sweep())
    tick(scene.world)
    assert (scene.hook.reads, scene.hook.asked) == (1, [0, 1, 2])
    assert scene.published == [events.Sweep()]

    scene.now += EVERY
    tick(scene.world)
    assert len(scene.published) == 2


def test_a_sweep_asks_for_so_many_and_goes_on_in_the_next(tmp_path: Path) -> None:
    scene = Scene(tmp_path, failed=50)
    receive(scene.world, events.Sweep())
    assert len(scene.hook.asked) == 20


def test_trouble_is_left_to_the_next_sweep(tmp_path: Path) -> None:
    scene = Scene(tmp_path, failed=1)
    scene.hook.down = True
    receive(scene.world, events.Sweep())
    scene.hook.down = False
    scene.now += EVERY
    receive(scene.world, events.Sweep())
    assert scene.hook.asked == [0]
