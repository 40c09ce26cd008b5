"""What `/rollback` goes by, while other looks go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.command import Rollback
from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment, Refusal, Release
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
BY_HAND = "gcloud run services update-traffic ai --project p --region r --to-revisions ai-old=100"
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


@pytest.mark.parametrize(
    ("phase", "offered"),
    [
        (Phase.WATCHING, "/abort prod"),
        (Phase.SUCCEEDED, BY_HAND),
    ],
)
def test_what_was_adopted_is_no_release_and_the_way_back_to_it_is_offered(
    tmp_path: Path, phase: Phase, offered: str
) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    adopted = replace(GOING.services[0], stable="ai-old", share=100)
    assert store.commit(Write(replace(GOING, phase=phase, services=(adopted,)), 0))
    place = replace(PLACE, active="", live=LIVE)
    found = return_to(world(store=store), place, [], Rollback(environment="prod"))
    assert isinstance(found, Refusal)
    assert found.commands == (offered,)
    assert "ai-old, was not deployed from here" in found.reason
