"""A service whose traffic is split when a deployment meets it: left so, and waited for."""

from __future__ import annotations

from datetime import timedelta

from bot.core.deployment import FailureCode, Phase
from tests.core.rollout.simulated import World, deployment, service_plan

AI = service_plan("ai")


def split_in_two(world: World) -> tuple[object, ...]:
    live = world.services["ai"]
    target = type(live.traffic[0])
    halves = tuple(target(revision=one, percent=50) for one in ("ai-old", "ai-older"))
    world.services["ai"] = type(live)(exists=True, traffic=halves, revisions=live.revisions)
    return halves


def test_a_split_that_is_not_one_revision_is_held_untouched_until_it_is_one() -> None:
    world = World().with_stable("ai")
    stable = world.services["ai"]
    halves = split_in_two(world)
    held = deployment(AI)
    for _ in range(5):
        held = world.look(held)
        assert (held.phase, held.waiting) == (Phase.QUEUED, "its traffic is split")
        assert held.services[0].split == {"ai-old": 50, "ai-older": 50}
        assert world.services["ai"].traffic == halves
        assert held.wake_at is not None
        assert timedelta() < held.wake_at - world.now <= timedelta(minutes=1)
        world.now = held.wake_at
    world.services["ai"] = stable
    ended = world.play(held)
    assert ended.phase is Phase.SUCCEEDED
    assert ended.services[0].split == {}


def test_a_split_that_nobody_ends_ends_the_deployment_after_a_day() -> None:
    world = World().with_stable("ai")
    halves = split_in_two(world)
    held = world.look(deployment(AI))
    world.now += timedelta(hours=25)
    ended = world.play(held)
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.TRAFFIC_SPLIT
    assert "within 24 h, waiting for: its traffic is split" in ended.failure.reason
    assert world.services["ai"].traffic == halves
