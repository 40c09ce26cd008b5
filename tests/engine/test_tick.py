"""The tick leaves alone what somebody looks at: a write of its own would come between."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core import events
from bot.core.deployment import Deployment
from bot.core.model import Environment
from bot.engine.receive import MEANWHILE, tick
from bot.ports import Write
from tests.core.rollout.simulated import START, deployment
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = events.Look(environment=deployment().environment_key)


class Topic:
    """Every look that was wished for."""

    def __init__(self) -> None:
        self.said: list[events.Event] = []

    def publish(self, data: bytes, _attributes: dict[str, str]) -> None:
        """Take it down."""
        if isinstance(event := events.decode(data), events.Look):
            self.said.append(event)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (timedelta(seconds=5), []),
        (timedelta(seconds=-5), [ENVIRONMENT]),
        (None, [ENVIRONMENT]),
    ],
)
def test_what_is_due_is_looked_at_unless_somebody_does(
    tmp_path: Path, held: timedelta | None, said: list[events.Event]
) -> None:
    store, topic = SqliteStore(tmp_path / "store.sqlite"), Topic()
    due = replace(deployment(), wake_at=START)
    place = Environment(
        key=due.environment_key,
        repository=due.repository,
        name=due.environment,
        active=due.id,
        lease_holder="somebody" if held else "",
        lease_until=START + held if held else None,
    )
    assert store.commit(Write(due, 0), Write(place, 0))
    tick(world(clock=lambda: START, store=store, publisher=topic))
    assert topic.said == said
    found = store.get(Deployment, due.id)
    assert found is not None
    assert found[0].wake_at == (START + MEANWHILE if said else START)
