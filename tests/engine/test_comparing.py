"""Who waits while what is live is compared with stable again, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment
from bot.core.report.origin import origin
from bot.core.route import Course, Stage
from bot.engine.arrange import arrange
from bot.ports import Write
from tests.core.rollout.simulated import REPOSITORY, START, deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

WATCH = Course(stage=Stage.WATCH, share=100)


def test_the_next_deployment_waits_for_a_comparison_and_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    plan = deployment(service_plan("ai"))
    rechecked = replace(
        plan,
        id="live",
        phase=Phase.WATCHING,
        course=replace(WATCH, stage=Stage.RECHECK, share=20),
        share_since=START,
    )
    key = "7/prod"
    environment = Environment(
        key=key, repository=REPOSITORY, name="prod", watching="live", queue=("next",)
    )
    store.commit(Write(environment, 0), Write(rechecked, 0), Write(replace(plan, id="next"), 0))
    scene = world(store=store, clock=lambda: START)

    arrange(scene, key)
    held = _found(store, "next")
    assert held.phase is Phase.QUEUED
    said = "\n".join(origin(held, 1))
    assert "what is live in prod is compared with stable again" in said
    assert "70 minutes at most. It starts by itself after that." in said

    _, version = store.get(Deployment, "live") or (None, 0)
    store.commit(Write(replace(rechecked, course=WATCH), version))
    arranged = arrange(scene, key)
    assert arranged is not None
    assert (arranged.active, arranged.watching) == ("next", "")
    assert _found(store, "live").phase is Phase.SUCCEEDED


def _found(store: SqliteStore, which: str) -> Deployment:
    found = store.get(Deployment, which)
    assert found is not None
    return found[0]
