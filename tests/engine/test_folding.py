"""One comment is news: the one before it is folded to a line that links on, once it has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment
from bot.core.report import deployment as words
from bot.core.told import Told
from bot.engine.folding import fold
from bot.ports import Write
from tests.core.rollout.simulated import deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

FIRST = replace(
    deployment(service_plan("web")),
    id="a" * 12,
    number=11,
    phase=Phase.WATCHING,
    told=Told(comment=5),
)
SECOND = replace(
    FIRST,
    id="b" * 12,
    number=12,
    created_at=FIRST.created_at + timedelta(hours=1),
    told=Told(comment=9),
)
PLACE = Environment(key=FIRST.environment_key, name="prod", repository=FIRST.repository)


def test_the_comment_before_is_folded_once_its_deployment_has_ended(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    made = world(store=store, clock=lambda: SECOND.created_at)
    store.commit(Write(FIRST, 0), Write(SECOND, 0), Write(PLACE, 0))

    fold(made, SECOND)
    assert _stored(store, FIRST).told.folded == "", "it is watched on, and has news of its own"

    store.commit(Write(replace(FIRST, phase=Phase.SUCCEEDED), 1))
    for _ in range(3):
        fold(made, _stored(store, SECOND))

    told = words.comment(_stored(store, FIRST), 0)
    link = "/acme/shop/pull/12#issuecomment-9".replace("acme/shop", FIRST.repository.full_name)
    assert f"prod: Deployed ({FIRST.sha[:7]}). [The next deployment]({link})" in told
    assert "<details>" in told
    place = store.get(Environment, PLACE.key)
    assert place is not None
    assert (place[0].telling, place[0].asked) == ((FIRST.id,), 1)
    assert _stored(store, SECOND).told.folds == FIRST.id


def test_the_first_deployment_folds_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    store.commit(Write(FIRST, 0), Write(PLACE, 0))
    fold(world(store=store, clock=lambda: FIRST.created_at), FIRST)
    assert _stored(store, FIRST).told.folds == "none"


def _stored(store: SqliteStore, made: Deployment) -> Deployment:
    found = store.get(Deployment, made.id)
    assert found is not None
    return found[0]
