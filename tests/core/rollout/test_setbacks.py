"""Writes of traffic that Cloud Run takes, and whose operations fail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.action import Shift
from bot.core.deployment import FailureCode, Phase
from bot.core.report.deployment import alert, comment
from bot.core.rollout import table
from bot.core.route import Stage
from tests.core.rollout.simulated import QUOTA, SECOND, Faults, World, deployment, service_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.deployment import Deployment

AI = service_plan("ai")


def failing(times: int, *bad: str) -> World:
    return World(Faults(traffic={"ai": times}, errors=set(bad))).with_stable("ai")


def played(world: World, until: Callable[[Deployment], bool], watch: int = 0) -> Deployment:
    """Look, and let time pass, until it is so."""
    going = deployment(AI, watch=watch)
    while not until(going := world.look(going)):
        pass_time(world, going)
    return going


def pass_time(world: World, going: Deployment) -> None:
    world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)


def is_set_back(going: Deployment) -> bool:
    return going.services[0].setback is not None


def returns(going: Deployment) -> bool:
    return going.phase is Phase.ROLLING_BACK


def writes(world: World) -> list[dict[str, int]]:
    return [action.percents for action in world.actions if isinstance(action, Shift)]


def test_a_write_that_failed_is_told_with_googles_words_and_asked_for_later() -> None:
    world = failing(1)
    going = played(world, is_set_back)
    assert QUOTA in comment(going, 0)
    assert "Canary at 5 % (Cloud Run fails to move the traffic)" in comment(going, 0)
    asked = len(writes(world))
    for _ in range(5):
        going = world.look(going)
    assert len(writes(world)) == asked, "it waits, however often it is looked at"
    ended = world.play(going)
    assert ended.phase is Phase.SUCCEEDED
    assert world.shares == [("ai", 5), ("ai", 50), ("ai", 100)]
    assert QUOTA not in comment(ended, 0)


def test_after_five_in_a_row_it_fails_with_the_words_and_a_remedy() -> None:
    world = failing(5)
    ended = world.play(deployment(AI))
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.REJECTED
    assert ended.failure.reason == (
        "Cloud Run could not move the traffic of ai: 5 writes in a row failed"
    )
    assert ended.failure.detail == QUOTA
    assert "quota" in ended.failure.remedy
    assert len([one for one in writes(world) if "ai-new" in one]) == 5
    assert world.services["ai"].serving == "ai-old"


def test_a_return_is_never_given_up_and_says_why_it_takes_so_long() -> None:
    world = failing(0, "ai")
    going = played(world, returns)
    world.faults.traffic["ai"] = 40
    began = world.now
    while world.faults.traffic["ai"]:
        going = world.look(going)
        assert going.phase is Phase.ROLLING_BACK
        pass_time(world, going)
    assert (world.now - began).total_seconds() > 35 * 60, "at most once a minute"
    assert going.stuck
    assert QUOTA in alert(going)
    assert "gcloud run services update-traffic ai" in alert(going)
    assert QUOTA in comment(going, 0)
    ended = world.play(going)
    assert ended.phase is Phase.ROLLED_BACK
    assert world.services["ai"].serving == "ai-old"


def test_a_return_of_which_nothing_can_be_seen_alerts_people_too() -> None:
    world = failing(0, "ai")
    going = played(world, returns)
    for _ in range(11):
        world.now += timedelta(minutes=1)
        going = table.spoiled(going, "Cloud Run: 503", world.now, world.now)
    assert going.phase is Phase.ROLLING_BACK
    assert "cannot be taken back" in alert(going)
    assert "outside trouble: Cloud Run: 503" in alert(going)
    assert "gcloud run services update-traffic ai" in alert(going)


def test_a_return_begins_at_once_whatever_failed_before() -> None:
    world = failing(5)
    going = played(world, returns)
    asked = len(writes(world))
    going = world.look(going)
    assert len(writes(world)) == asked + 1


def test_a_comparison_that_cannot_be_made_in_the_watch_is_given_up() -> None:
    world = failing(0)
    going = played(world, lambda one: one.phase is Phase.WATCHING, watch=600)
    world.faults.traffic["ai"] = 5
    course = replace(going.course, stage=Stage.RECHECK, share=20)
    ended = world.play(replace(going, course=course, share=20, share_since=None), 4000)
    assert ended.phase is Phase.SUCCEEDED
    assert any("watched on" in step.why for step in ended.steps_taken)
