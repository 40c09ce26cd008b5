"""Metrics that are down, counts that cannot be: held and told, in the end as deploy.yaml says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.deployment import FailureCode, Phase
from bot.core.evidence import Counts
from bot.core.report.deployment import details
from bot.core.route import Policy
from tests.core.rollout.simulated import SECOND, START, Faults, World, deployment, service_plan
from tests.core.rollout.test_planning import under

if TYPE_CHECKING:
    from bot.core.deployment import Deployment

AI = service_plan("ai")
AFFINE = replace(AI, cloud_run=replace(AI.cloud_run, session_affinity=True))
"""Its silence says nothing."""
REFUSED = "Cloud Monitoring cannot be read: 403 monitoring.timeSeries.list denied"


def played(world: World, going: Deployment, until: timedelta) -> Deployment:
    """Return the deployment after that long, or at its end."""
    while world.now - START < until and going.wake_at and going.finished_at is None:
        going = world.look(going)
        world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)
    return going


def at_5(world: World, **rollout: object) -> Deployment:
    """Return a deployment whose canary has 5 % and was seen there."""
    going = under(deployment(AI), **rollout)
    world.with_stable("ai")
    while not going.services[0].windows:
        going = world.look(going)
        world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)
    return going


def test_it_is_said_why_nothing_can_be_seen_and_what_follows() -> None:
    world = World(Faults(down=REFUSED)).with_stable("ai")
    held = played(world, deployment(AI), timedelta(minutes=3))
    said = details(held, 0)
    assert f"**Metrics are down** since 2026-01-05 12:00 UTC: {REFUSED}." in said
    assert "if they stay away, at 2026-01-06 12:00 UTC all traffic returns to stable" in said
    assert held.share == 5
    world.faults.down = ""
    assert "Metrics are down" not in details(played(world, held, timedelta(minutes=9)), 0)


def test_a_latency_that_is_promised_is_judged_though_no_day_could_be_read() -> None:
    world = World(usual=0).with_stable("ai")
    going = under(deployment(AI), max_p95=timedelta(milliseconds=800))
    assert world.play(going).services[0].slow_above == 800


def test_metrics_that_stay_down_hold_for_a_day_at_most() -> None:
    world = World(Faults(down=REFUSED)).with_stable("ai")
    held = played(world, deployment(AI), timedelta(minutes=9))
    assert (held.phase, held.waiting) == (Phase.SHIFTING, "metrics-down")
    world.now += timedelta(hours=24)
    ended = world.play(held)
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.failure is not None
    assert "within 24 h, waiting for: metrics-down" in ended.failure.reason


def test_or_go_on_after_the_longest_bake_and_say_so() -> None:
    world = World(Faults(down=REFUSED)).with_stable("ai")
    going = under(deployment(AI), on_metrics_down=Policy.PROMOTE)
    held = played(world, going, timedelta(seconds=50))
    assert "it takes the next step all the same, as deploy.yaml says" in details(held, 0)
    ended = world.play(held, looks=2000)
    assert ended.phase is Phase.SUCCEEDED
    _, *later = ended.steps_taken
    bare = "no smoke checks in deploy.yaml, so nothing else was checked"
    why = f"metrics-down for 1 min, promoted as deploy.yaml says; {bare}"
    assert {step.why for step in later} == {why}


def test_or_go_back_then() -> None:
    world = World(Faults(down=REFUSED)).with_stable("ai")
    ended = world.play(under(deployment(AI), on_metrics_down=Policy.ROLL_BACK), looks=2000)
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.NO_VERDICT
    assert ended.failure.reason == f"metrics-down for longer than the longest bake: {REFUSED}"


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (Counts(50, 0, 0, 51), "0 5xx, 0 4xx and 51 slow of 50 requests"),
        (Counts(50, 51), "51 5xx and 4xx of 50 requests"),
        (Counts(-1), "0 5xx and 4xx of -1 requests"),
        (Counts(50, 30, 30), "60 5xx and 4xx of 50 requests"),
    ],
)
def test_counts_that_cannot_be_are_held_and_told(odd: Counts, said: str) -> None:
    world = World(Faults(odd=odd)).with_stable("ai")
    held = played(world, deployment(AI), timedelta(minutes=3))
    assert (held.share, held.waiting) == (5, "metrics-down")
    assert f"ai has counts that cannot be: {said}" in details(held, 0)
    world.faults.odd = None
    assert world.play(held).phase is Phase.SUCCEEDED


def test_counts_that_decrease_are_held_and_told_and_the_first_value_stands_in_the_end() -> None:
    world = World()
    going = at_5(world, min_bake=60 * SECOND, max_bake=90 * SECOND)
    first = going.services[0].windows[-1]
    world.faults.odd = Counts(40)
    held = played(world, going, world.now - START + 3 * SECOND)
    assert (held.share, held.waiting) == (5, "metrics-down")
    assert "fewer than before in the window of 12:00:" in details(held, 0)
    assert held.services[0].windows[-1] == first
    later = played(world, held, world.now - START + 20 * SECOND)
    assert later.waiting == "baking"
    assert first in later.services[0].windows


def test_a_step_may_wait_for_visitors_longer_than_the_longest_bake() -> None:
    world = World(Faults(thin=True)).with_stable("ai")
    going = under(deployment(AFFINE), on_not_enough_traffic=Policy.HOLD)
    held = played(world, going, timedelta(minutes=2))
    assert (held.phase, held.share, held.waiting) == (Phase.SHIFTING, 5, "not-enough-traffic")
    world.faults.thin = False
    assert world.play(held).phase is Phase.SUCCEEDED
