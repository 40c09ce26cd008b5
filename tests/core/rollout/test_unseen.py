"""Rollouts of which little or nothing can be seen: late points, silence, nights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.evidence import Counts
from bot.core.rollout.turn import ENDS
from tests.core.rollout.simulated import SECOND, START, Faults, World, deployment, service_plan

if TYPE_CHECKING:
    from bot.core.evidence import Window
    from bot.core.rollout.wants import WindowsWanted

AI = service_plan("ai")


def shares(world: World) -> list[int]:
    return [share for _, share in world.shares]


def automatic(world: World, *, watch: int = 0) -> Deployment:
    """A deployment of the only service, with the steps that suit its traffic."""
    plain = deployment(AI, watch=watch)
    steps = replace(plain.plan.rollout, steps=(), min_bake=None)
    world.with_stable("ai")
    return replace(plain, plan=replace(plain.plan, rollout=steps))


def said(ended: Deployment) -> str:
    return "; ".join(step.why for step in ended.steps_taken)


def test_points_that_come_later_than_they_should_are_waited_for_and_judged() -> None:
    world = World(Faults(errors={"ai"}, late=3))
    ended = world.play(automatic(world))
    assert ended.phase is Phase.ROLLED_BACK
    assert shares(world) == [4, 0]


def test_a_good_release_is_not_lost_to_late_points() -> None:
    world = World(Faults(late=3))
    ended = world.play(automatic(world, watch=60))
    assert ended.phase is Phase.SUCCEEDED
    assert shares(world) == [4, 12, 50, 90, 100]
    assert "not-enough-traffic" not in said(ended)


def test_traffic_that_is_due_and_does_not_come_is_told_from_metrics_that_are_down() -> None:
    world = World(Faults(dark={"canary": START, "stable": START}))
    going, waited = automatic(world), []
    while going.phase not in ENDS:
        going = world.look(going)
        waited.append(going.waiting)
        world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)
    assert going.phase is Phase.SUCCEEDED
    assert "not-enough-traffic, 0 requests: nothing could have been seen" in said(going)
    first, later = waited.index("metrics-down"), waited.index("not-enough-traffic")
    assert first < later
    longest = sum((step.longest for step in going.route.steps), 0)
    assert world.now - going.created_at > longest * SECOND


def test_a_service_that_nobody_calls_at_this_time_is_not_held() -> None:
    world = World(Faults(dark={"canary": START, "stable": START}), usual=0)
    ended = world.play(automatic(world))
    assert ended.phase is Phase.SUCCEEDED
    bakes = sum(step.bake for step in ended.route.steps)
    assert world.now - ended.steps_taken[0].at < 1.5 * bakes * SECOND


class Probed(World):
    """A world in which only synthetic requests come, as the forecast advises: to both sides."""

    def _windows(self, deployment: Deployment, want: WindowsWanted) -> tuple[Window, ...]:
        windows = super()._windows(deployment, want)
        return tuple(replace(one, canary=Counts(30), stable=Counts(30)) for one in windows)


def test_synthetic_requests_to_both_sides_are_judged_where_nobody_else_calls() -> None:
    world = Probed(usual=0)
    ended = world.play(automatic(world))
    assert ended.phase is Phase.SUCCEEDED
    assert "not-enough-traffic" not in said(ended)
    assert "canary 0/240 against stable 0/240 server errors" in said(ended)


def test_a_stable_whose_series_vanishes_half_way_decides_nothing() -> None:
    world = World()
    going = automatic(world)
    while going.share < 12 or going.share_since is None:
        going = world.look(going)
        world.now = max(world.now, going.wake_at or world.now)
    world.faults.dark["stable"] = world.now
    held = world.play(going, looks=200)
    assert (held.phase, held.share, held.waiting) == (Phase.SHIFTING, 12, "metrics-down")
    world.faults.dark.clear()
    assert world.play(held).phase is Phase.SUCCEEDED


def at_full(world: World, **other: object) -> Deployment:
    """A deployment in its watch, whose canary has answered there."""
    going = replace(automatic(world, watch=120), **other)
    while going.services[0].evidence.share < 100:
        going = world.look(going)
        world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)
    return going


def test_a_canary_that_falls_silent_at_100_is_compared_with_stable_and_goes_back() -> None:
    world = World()
    watched = at_full(world)
    world.faults.dark["canary"] = world.now
    ended = world.play(watched)
    assert ended.phase is Phase.ROLLED_BACK
    assert "compared with stable again; answers counted: 0 where 8 000 are usual" in said(ended)
    assert ended.failure is not None
    assert "answers hardly any of its requests" in ended.failure.reason


def test_traffic_that_ends_at_100_costs_one_comparison_and_no_rollback() -> None:
    world = World()
    watched = at_full(world)
    world.faults.dark = {"canary": world.now, "stable": world.now}
    ended = world.play(watched, looks=2000)
    assert ended.phase is Phase.SUCCEEDED
    assert shares(world)[-4:] == [100, 20, 90, 100]
    assert ended.course.alarms == 1
