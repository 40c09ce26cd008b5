"""A defect of ours, or of a library's, ends the deployment that met it, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Deployment, FailureCode, Phase
from bot.core.model import Environment
from bot.engine.advance import advance
from bot.ports import Write
from tests.core.rollout.simulated import REPOSITORY, START, deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

WANTED = replace(deployment(service_plan("ai")), phase=Phase.BUILDING)


class Builds:
    """A client that stumbles over what it is answered."""

    def start(self, *_: object) -> None:
        """Raise what nobody expects of it."""
        message = "invalid literal for int()"
        raise ValueError(message)


class Kept:
    """The commit's source."""

    def archive(self, *_: object) -> tuple[()]:
        """Return nothing, in no pieces."""
        return ()

    def put(self, name: str, _archive: object) -> str:
        """Return where it is."""
        return f"gs://sources/{name}"


def test_what_nobody_expected_of_a_deed_ends_the_deployment(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    key = WANTED.environment_key
    place = Environment(key=key, name="prod", repository=REPOSITORY, active=WANTED.id)
    assert store.commit(Write(WANTED, 0), Write(place, 0))
    ports = {"builds": Builds(), "sources": Kept(), "github": Kept(), "clock": lambda: START}
    advance(world(store=store, **ports), key)
    ended, _ = store.get(Deployment, WANTED.id) or (WANTED, 0)
    assert ended.failure is not None
    assert (ended.failure.code, ended.failure.detail) == (FailureCode.INTERNAL, "ValueError")
    assert (store.get(Environment, key) or (place, 0))[0].lease_holder == ""
