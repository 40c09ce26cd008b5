"""What is kept out of an environment after a rollout that was taken back, and what is not."""

from __future__ import annotations

from bot.core.deployment import Phase
from bot.core.environment import activated, enqueued, settled
from bot.core.report.holding import next_commands
from tests.core.rollout.simulated import Faults, World, deployment
from tests.core.rollout.test_restoring import place
from tests.core.rollout.test_unjudged import AI, at_first_step, until, unvisited


def test_what_smoke_checks_take_traffic_from_is_kept_out_like_what_a_verdict_does() -> None:
    world = unvisited()
    going = until(world, deployment(AI), at_first_step)
    world.faults.smoke.add("ai")
    ended = world.play(going)
    after = settled(activated(enqueued(place("a"), ended.id), ended), ended)
    assert after.lock is not None
    assert (after.lock.rolled_back, after.lock.reason) == (
        ended.sha,
        "rolled back: a smoke check of ai failed 3 times",
    )
    assert [list(bad.services) for bad in after.rejected] == [["ai"]]
    assert next_commands(ended)[0] == "/deploy prod --retry"


def test_what_fails_its_smoke_checks_before_it_has_traffic_may_be_tried_again() -> None:
    world = World(Faults(smoke={"ai"})).with_stable("ai")
    ended = world.play(deployment(AI))
    after = settled(activated(enqueued(place("a"), ended.id), ended), ended)
    assert (ended.phase, after.lock, after.rejected) == (Phase.FAILED, None, ())
    assert next_commands(ended)[0] == "/deploy prod"
