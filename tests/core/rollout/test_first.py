"""A service that is new: made, pinned to its revision, and left well when it fails."""

from __future__ import annotations

from msgspec.structs import replace

from bot.core.deployment import Phase
from tests.core.rollout.simulated import Faults, World, deployment, service_plan

AI = service_plan("ai")


def test_a_first_deployment_has_no_canary_and_says_so() -> None:
    world = World()
    ended = world.play(deployment(AI))
    assert ended.phase is Phase.SUCCEEDED
    assert "no canary" in ended.steps_taken[0].why
    assert ended.services[0].opened
    assert not world.services["ai"].follows_latest


def test_a_new_service_is_pinned_even_where_somebody_took_its_tag_away() -> None:
    world = World()
    going = deployment(AI)
    while going.phase is not Phase.SHIFTING:
        going = world.look(going)
    live = world.services["ai"]
    untagged = tuple(replace(target, tag="") for target in live.traffic)
    world.services["ai"] = replace(live, traffic=untagged, tags_wanted=frozenset())
    assert world.play(going).phase is Phase.SUCCEEDED
    assert not world.services["ai"].follows_latest


def test_after_a_failed_first_deployment_the_next_is_a_first_one_again() -> None:
    world = World(Faults(smoke={"ai"}))
    assert world.play(deployment(AI)).phase is Phase.FAILED
    assert not world.services["ai"].tags_wanted
    assert world.services["ai"].serving == "ai-new"
    world.faults.smoke.clear()
    world.unreleased = frozenset({"ai"})
    mended = replace(deployment(AI).services[0], revision="ai-mended", tag="c-mended")
    ended = world.play(replace(deployment(AI), services=(mended,)))
    assert ended.phase is Phase.SUCCEEDED
    assert "no canary" in ended.steps_taken[0].why
    assert world.services["ai"].serving == "ai-mended"
