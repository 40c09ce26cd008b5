"""What is told is let go of in one write: wherever a crash comes, somebody looks again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment
from bot.engine.observe import BACK_OFF_LONGEST
from bot.engine.tell import tell
from bot.ports import Transient, Write
from tests.core.rollout.simulated import START, deployment, service_plan
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


class Deaf:
    """GitHub, where the comment cannot be made or found, and everything else works."""

    def __init__(self) -> None:
        self.asked = 0
        self.trouble: Exception | None = Transient("away")

    def comment(self, *_said: object) -> int:
        """Count, and fail or return its id."""
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return 1

    def find_comment(self, *_which: object) -> int:
        """Fail likewise."""
        return self.comment() and 0

    def made(self, *_what: object) -> int:
        """Make anything else, and return its id."""
        return 1

    create_check_run = edit_check_run = create_deployment = deployment_status = made


def test_what_cannot_be_told_rests_longer_each_time_and_silences_nothing_else(
    tmp_path: Path,
) -> None:
    store, voice, now = SqliteStore(tmp_path / "store.sqlite"), Deaf(), [START]
    moving = replace(deployment(), phase=Phase.BUILDING, number=12)
    key = moving.environment_key
    place = Environment(
        key=key, repository=moving.repository, name=moving.environment, active=moving.id
    )
    assert store.commit(Write(replace(moving, wake_at=START), 0), Write(place, 0))
    here = world(clock=lambda: now[0], store=store, voice=voice)
    for second in range(0, 1800, 10):
        now[0] = START + timedelta(seconds=second)
        list(tell(here, place))
    assert 8 < voice.asked < 20
    found = store.get(Deployment, moving.id)
    assert found is not None
    assert found[0].told.check_run == 1

    voice.trouble, now[0] = None, now[0] + BACK_OFF_LONGEST
    list(tell(here, place))
    found = store.get(Deployment, moving.id)
    assert found is not None
    assert (found[0].told.comment, found[0].told.rests) == (1, ())


class Registry:
    """One that is away."""

    def __init__(self) -> None:
        self.asked = 0

    def tag(self, _tag: object) -> None:
        """Count, and fail."""
        self.asked += 1
        what = "away"
        raise Transient(what)


def test_tags_that_cannot_be_written_rest_likewise(tmp_path: Path) -> None:
    store, registry, now = SqliteStore(tmp_path / "store.sqlite"), Registry(), [START]
    plain = deployment(service_plan("ai"))
    used_again = replace(plain.services[0], digest="sha256:1", changed=True)
    moving = replace(plain, phase=Phase.SHIFTING, number=None, services=(used_again,))
    key = moving.environment_key
    place = Environment(
        key=key, repository=moving.repository, name=moving.environment, active=moving.id
    )
    assert store.commit(Write(replace(moving, wake_at=START), 0), Write(place, 0))
    here = world(clock=lambda: now[0], store=store, voice=Deaf(), registry=registry)
    for second in range(0, 1800, 10):
        now[0] = START + timedelta(seconds=second)
        list(tell(here, place))
    assert 8 < registry.asked < 20
