"""Who waits while what is live is compared with stable again, and what they are told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment
from bot.core.report.deployment import details
from bot.core.report.origin import origin
from bot.core.route import Course, Stage
from bot.engine.arrange import arrange
from bot.ports import Write
from tests.core.rollout.simulated import REPOSITORY, START, deployment, service_plan
from tests.core.rollout.test_restoring import going_back, release
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

AI = deployment(service_plan("ai"))
WATCH = Course(stage=Stage.WATCH, share=100)


def test_the_next_deployment_waits_for_a_comparison_and_says_so(tmp_path: Path) -> None:
    store, rechecked = _comparing(tmp_path, replace(AI, id="next"))
    scene, key = world(store=store, clock=lambda: START), "7/prod"

    arrange(scene, key)
    held = _found(store, "next")
    assert held.phase is Phase.QUEUED
    said = "\n".join(origin(held, 1))
    assert "`/rollback prod` does not wait" in said
    assert "what is live in prod is compared with stable again" in said
    assert "70 minutes at most. It starts by itself after that." in said

    _, version = store.get(Deployment, "live") or (None, 0)
    store.commit(Write(replace(rechecked, course=WATCH), version))
    arranged = arrange(scene, key)
    assert arranged is not None
    assert (arranged.active, arranged.watching) == ("next", "")
    assert _found(store, "live").phase is Phase.SUCCEEDED


def test_a_rollback_does_not_wait_for_a_comparison_and_says_what_it_ended(tmp_path: Path) -> None:
    back = going_back(release("a", "ai"))
    store, _ = _comparing(tmp_path, back)
    arranged = arrange(world(store=store, clock=lambda: START), "7/prod")
    assert arranged is not None
    assert (arranged.active, arranged.watching, arranged.telling) == (back.id, "", ("live",))
    ended = _found(store, "live")
    assert ended.phase is Phase.SUPERSEDED
    said = details(ended, 0)
    assert "Superseded by the rollback to aaaaaaa that owner asked for" in said
    assert "The rollback takes the traffic from where it is." in said


def test_a_day_in_the_queue_ends_it_and_is_told_in_hours(tmp_path: Path) -> None:
    store, _ = _comparing(tmp_path, replace(AI, id="next"))
    arrange(world(store=store, clock=lambda: START + timedelta(hours=25)), "7/prod")
    failure = _found(store, "next").failure
    assert failure is not None
    assert failure.reason == "it waited in the queue for 24 h"


def _comparing(folder: Path, waiting: Deployment) -> tuple[SqliteStore, Deployment]:
    """A store with a release that is compared with stable again, and one that waits behind it."""
    store = SqliteStore(folder / "store.sqlite")
    at = Course(stage=Stage.RECHECK, share=20)
    rechecked = replace(AI, id="live", phase=Phase.WATCHING, course=at, share=20, share_since=START)
    environment = Environment(
        key="7/prod", repository=REPOSITORY, name="prod", watching="live", queue=(waiting.id,)
    )
    store.commit(Write(environment, 0), Write(rechecked, 0), Write(waiting, 0))
    return store, rechecked


def _found(store: SqliteStore, which: str) -> Deployment:
    found = store.get(Deployment, which)
    assert found is not None
    return found[0]
