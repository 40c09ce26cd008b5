"""How old an image may be that is used again: `reuse` of deploy.yaml, 0 for never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.model import Image, image_key
from bot.core.rollout.wants import Wants
from bot.engine.observe import observe
from bot.ports import Write
from tests.core.rollout.simulated import deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("reuse", "age", "used"),
    [
        (WEEK, timedelta(days=6), True),
        (WEEK, timedelta(days=8), False),
        (timedelta(0), timedelta(0), False),
        (timedelta(0), timedelta(seconds=1), False),
    ],
)
def test_an_image_is_used_again_while_it_is_young(
    tmp_path: Path, reuse: timedelta, age: timedelta, *, used: bool
) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    made = deployment(service_plan("ai"))
    ours = replace(made, plan=replace(made.plan, reuse=reuse))
    key = image_key(ours.repository, ours.services[0].reuse_key)
    store.commit(Write(Image(key=key, digest="sha256:1", built_at=NOON - age), 0))
    seen = observe(world(store=store, clock=lambda: NOON), ours, Wants(images=("ai",)))
    assert seen.images == ({"ai": "sha256:1"} if used else {})
    others = replace(ours, repository=replace(ours.repository, id=ours.repository.id + 1))
    theirs = observe(world(store=store, clock=lambda: NOON), others, Wants(images=("ai",)))
    assert theirs.images == {}, "what another repository has built"
    store.commit(Write(Image(key=key, digest="", built_at=NOON), 1))
    gone = observe(world(store=store, clock=lambda: NOON), ours, Wants(images=("ai",)))
    assert gone.images == {}, "what is in the registry no more"
