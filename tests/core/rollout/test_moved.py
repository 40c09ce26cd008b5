"""Traffic that somebody else moved in the middle of a rollout."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.action import Shift
from bot.core.control import Verb
from bot.core.deployment import Phase
from bot.core.report.deployment import details
from bot.core.sight import TrafficSeen
from tests.core.rollout.simulated import World, deployment, service_plan
from tests.core.rollout.test_controls import done, look, looked, refused, until

if TYPE_CHECKING:
    from bot.core.deployment import Deployment

AI, API = service_plan("ai"), service_plan("api")
THEIRS = (TrafficSeen(revision="theirs", percent=100),)


def in_the_hands_of_others() -> tuple[World, Deployment]:
    """A rollout at 5 %, as somebody else gives all traffic to a revision of theirs."""
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    world.services["ai"] = replace(world.services["ai"], traffic=THEIRS)
    return world, going


def test_an_abort_leaves_traffic_where_somebody_else_put_it() -> None:
    world, going = in_the_hands_of_others()
    held = look(world, going)
    assert held.traffic_found == "theirs 100 %"
    ended = world.play(done(world, held, Verb.ABORT))
    assert ended.phase is Phase.ABORTED
    assert world.services["ai"].serving == "theirs"
    *_, left = [action for action in world.actions if isinstance(action, Shift)]
    assert (left.percents, left.drop_tag) == ({}, "c-new")


def test_an_abort_returns_what_nobody_moved_and_says_where_all_of_it_is() -> None:
    world = World().with_stable("ai", "api")
    going = until(world, deployment(AI, API), Phase.SHIFTING, share=5)
    theirs = tuple(TrafficSeen(revision=one, percent=50) for one in ("theirs", "ai-new"))
    world.services["ai"] = replace(world.services["ai"], traffic=theirs)
    ended = world.play(done(world, look(world, going), Verb.ABORT))
    assert ended.phase is Phase.ABORTED
    assert world.services["ai"].shares == {"theirs": 50, "ai-new": 50}
    assert world.services["api"].serving == "api-old"
    said = details(ended, 0)
    assert "What people moved was left where they put it; all else is back on stable." in said
    shares = [(one.plan.name, one.share) for one in ended.services]
    assert shares == [("ai", 50), ("api", 0)]
    assert "https://c-new---ai) | 50 %" in said


def test_a_resume_puts_traffic_back_that_somebody_else_moved() -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    live = world.services["ai"]
    tagged = tuple(target for target in live.traffic if target.tag)
    theirs = (*tagged, TrafficSeen(revision="theirs", percent=100))
    world.services["ai"] = replace(live, traffic=theirs)
    held = looked(world, going, 5)
    assert world.services["ai"].serving == "theirs"
    assert "moved" in refused(world, held, Verb.PROMOTE).reason
    assert world.play(done(world, held, Verb.RESUME)).phase is Phase.SUCCEEDED


@pytest.mark.parametrize("by_hand", [False, True])
def test_traffic_that_is_put_back_late_leaves_the_step_all_its_time(*, by_hand: bool) -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    ours = world.services["ai"]
    held = looked(world, done(world, going, Verb.PAUSE) if not by_hand else going, 3)
    world.services["ai"] = replace(ours, traffic=THEIRS)
    world.now += timedelta(hours=23) if by_hand else timedelta(days=3)
    held = look(world, held)
    world.now += timedelta(hours=0.9)
    if by_hand:
        world.services["ai"] = ours
    else:
        held = done(world, held, Verb.RESUME)
    held = look(world, held)
    assert (held.phase, held.moved) == (Phase.SHIFTING, False)
    world.now += timedelta(hours=1)
    assert world.play(held).phase is Phase.SUCCEEDED


def test_what_people_moved_during_the_rollout_is_not_called_back_on_stable() -> None:
    world, going = in_the_hands_of_others()
    going = look(world, going)
    world.now += timedelta(hours=25)
    ended = world.play(going)
    assert ended.phase is Phase.FAILED
    assert world.services["ai"].traffic == THEIRS
    assert "The traffic was left where people put it." in details(ended, 0)
    assert not any("back on stable" in step.why for step in ended.steps_taken)


def test_an_edit_of_somebody_elses_that_takes_long_holds_no_way_back() -> None:
    """Such as a revision deployed by hand that cannot start, which takes Cloud Run minutes."""
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=50)
    world.services["ai"] = replace(world.services["ai"], reconciling=True)
    world.faults.errors.add("ai")
    ended = world.play(going)
    assert ended.phase is Phase.ROLLED_BACK
    assert world.services["ai"].serving == "ai-old"
