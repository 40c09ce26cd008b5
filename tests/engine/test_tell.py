"""What is told is let go of in one write: wherever a crash comes, somebody looks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment
from bot.engine.tell import tell
from bot.ports import Write
from tests.core.rollout.simulated import START, deployment
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

OURS = replace(deployment(), phase=Phase.UNCHANGED, number=None, comment_id=None, finished_at=START)


class Kept(SqliteStore):
    """A store that remembers after each write whether somebody will look, and has reason to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.seen: list[tuple[bool, bool]] = []

    def commit(self, *writes: Write) -> bool:
        """Write, and look."""
        done = super().commit(*writes)
        ours, place = self.get(Deployment, OURS.id), self.get(Environment, OURS.environment_key)
        assert ours is not None
        assert place is not None
        self.seen.append((ours[0].wake_at is not None, OURS.id in place[0].telling))
        return done


class Voice:
    """GitHub, where the check run is made."""

    def create_check_run(self, *_run: object) -> int:
        """Return its id."""
        return 1


def test_an_ended_deployment_is_let_go_of_in_one_write(tmp_path: Path) -> None:
    store = Kept(tmp_path / "store.sqlite")
    key = OURS.environment_key
    place = Environment(
        key=key, repository=OURS.repository, name=OURS.environment, telling=(OURS.id,)
    )
    assert store.commit(Write(replace(OURS, wake_at=START), 0), Write(place, 0))
    assert list(tell(world(clock=lambda: START, store=store, voice=Voice()), place)) == []
    assert set(store.seen[:-1]) == {(True, True)}
    assert store.seen[-1] == (False, False)
