"""What `/rollback` goes by, while other looks go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.command import Rollback
from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment, Refusal, Release
from bot.engine.gather import live_release
from bot.engine.returning import as_of_one_moment, return_to
from bot.ports import Write
from tests.core.rollout.simulated import deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

GOING = replace(deployment(service_plan("ai")), phase=Phase.SHIFTING)
PLACE = Environment(
    key=GOING.environment_key, name="prod", repository=GOING.repository, active=GOING.id
)
LIVE = Release(deployment=GOING.id, sha=GOING.sha, number=None, at=GOING.created_at, services={})


class EndsMeanwhile(SqliteStore):
    """A store in which the deployment is over just before somebody reads it."""

    def get(self, kind: type[Any], key: str) -> tuple[Any, int] | None:
        if kind is Deployment:
            self._end()
        return super().get(kind, key)

    def _end(self) -> None:
        place, going = super().get(Environment, PLACE.key), super().get(Deployment, GOING.id)
        if place and going and place[0].active:
            ended = replace(going[0], phase=Phase.SUCCEEDED)
            live = replace(place[0], active="", live=LIVE)
            assert self.commit(Write(ended, going[1]), Write(live, place[1]))


def test_what_ends_between_two_reads_is_live_and_not_on_its_way(tmp_path: Path) -> None:
    store = EndsMeanwhile(tmp_path / "store.sqlite")
    assert store.commit(Write(GOING, 0), Write(PLACE, 0))
    place, going = as_of_one_moment(world(store=store), GOING.repository, "prod")
    assert (place.live, going) == (LIVE, [])


def test_the_first_canary_over_what_others_had_deployed_is_stopped_by_an_abort() -> None:
    canary = replace(GOING, share=5)
    here = world(clock=lambda: GOING.created_at)
    said = return_to(here, PLACE, [canary], Rollback(environment="prod"))
    assert isinstance(said, Refusal)
    assert said.commands[0] == "/abort prod"


def test_what_others_had_deployed_is_no_commit_that_a_branch_must_hold(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    here, repository = world(store=store), GOING.repository
    assert store.commit(Write(replace(PLACE, live=LIVE), 0))
    assert live_release(here, repository, "prod") == LIVE
    assert store.commit(Write(replace(PLACE, live=replace(LIVE, sha="")), 1))
    assert live_release(here, repository, "prod") is None
