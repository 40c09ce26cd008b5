"""What stands in the way outside is told with what to do about it."""

from __future__ import annotations

from msgspec.structs import replace

from bot.core.action import Rejected
from bot.core.deployment import Phase
from bot.core.rollout import table
from tests.core.rollout.simulated import Faults, World, deployment, service_plan

AI = service_plan("ai")
API = service_plan("api", level=1, needs=("ai",))


def test_who_calls_a_service_without_an_address_is_told_before_anything_is_made() -> None:
    world = World().with_stable("ai", "api")
    world.services["ai"] = replace(world.services["ai"], url_disabled=True, uri="")
    ended = world.play(deployment(AI, API))
    assert ended.failure is not None
    assert "api calls ai, but the default URL of ai is disabled" in ended.failure.reason
    assert not world.actions
    named = replace(AI, cloud_run=replace(AI.cloud_run, spec={"defaultUriDisabled": False}))
    assert world.play(deployment(named, API)).phase is Phase.SUCCEEDED


def test_a_404_of_an_internal_service_says_from_where_it_can_be_reached() -> None:
    inside = replace(AI, cloud_run=replace(AI.cloud_run, ingress="internal"))
    for plan, said in ((AI, False), (inside, True)):
        ended = World(Faults(smoke={"ai"})).with_stable("ai").play(deployment(plan))
        assert ended.failure is not None
        assert ("its ingress is internal" in ended.failure.remedy) is said


def test_a_refusal_says_what_to_do_about_it() -> None:
    for phase, denied, words in (
        (Phase.STAGING, False, "under `cloud_run` of ai in deploy.yaml"),
        (Phase.STAGING, True, "the consumer's account lacks a right"),
        (Phase.BUILDING, False, "needs `build_region` in deploy.yaml"),
    ):
        said = Rejected(service="ai", detail="no", denied=denied)
        failed = table.record(replace(deployment(AI), phase=phase), said, deployment(AI).created_at)
        assert failed.failure is not None
        assert words in failed.failure.remedy
