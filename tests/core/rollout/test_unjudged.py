"""Steps that too few requests speak for: smoke checks pass once more before each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.configuration import SmokeCheck
from bot.core.control import Control, Verb
from bot.core.deployment import Deployment, FailureCode, Phase
from bot.core.rollout import table
from bot.core.rollout.controls import controlled
from bot.core.route import Policy
from tests.core.rollout.simulated import SECOND, START, Faults, World, deployment, service_plan
from tests.core.rollout.test_planning import under

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.deployment import SmokeAnswer
    from bot.core.evidence import Window
    from bot.core.rollout.wants import WindowsWanted

CHECK = SmokeCheck(method="get", path="/")
AI = replace(service_plan("ai"), smoke=(CHECK,))
MINUTE = timedelta(minutes=1)


@dataclass
class Visited(World):
    """A world that knows who was visited by smoke checks, and by nobody else."""

    visits: list[str] = field(default_factory=list)
    unvisited: str = ""

    def _smoke(self, name: str) -> tuple[SmokeAnswer, ...]:
        self.visits.append(name)
        answers = super()._smoke(name)
        there = self.services[name].tagged("c-new")
        return answers if there else (replace(answers[0], passed=False, got="404"),)

    def _windows(self, deployment: Deployment, want: WindowsWanted) -> tuple[Window, ...]:
        windows = super()._windows(deployment, want)
        if want.name != self.unvisited:
            return windows
        return tuple(replace(window, canary=None, stable=None) for window in windows)


def unvisited(*others: str) -> Visited:
    """A world in which nobody calls ai, today as yesterday."""
    world = Visited(usual=0, unvisited="ai")
    world.with_stable("ai", *others)
    return world


def until(world: World, going: Deployment, there: Callable[[Deployment], object]) -> Deployment:
    """Look until it is there, at a moment at which nothing more is due."""
    for _ in range(400):
        if there(going):
            return going
        going = world.look(going)
        world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)
    pytest.fail(f"never there, but {going.phase} at {going.share} %: {going.waiting}")


def asking(going: Deployment) -> bool:
    return going.revisit is not None and bool(going.revisit.left)


def at_first_step(going: Deployment) -> bool:
    return going.share == 5 and going.share_since is not None


def steered(world: World, going: Deployment, verb: Verb) -> Deployment:
    after = controlled(going, Control(verb=verb, by="writer"), world.now)
    assert isinstance(after, Deployment)
    return after


def test_each_step_that_nobody_saw_is_taken_once_smoke_checks_passed_again() -> None:
    world = unvisited()
    ended = world.play(deployment(AI))
    assert ended.phase is Phase.SUCCEEDED
    assert world.visits == ["ai"] * 3
    _, *later = ended.steps_taken
    unseen = "not-enough-traffic, 0 requests: nothing could have been seen"
    assert all(f"{unseen}; smoke checks passed again; " in step.why for step in later)
    assert len(later) == 2


def test_a_canary_that_fails_its_smoke_checks_by_then_goes_back() -> None:
    world = unvisited()
    going = until(world, deployment(AI), at_first_step)
    world.faults.smoke.add("ai")
    ended = world.play(going)
    assert ended.phase is Phase.ROLLED_BACK
    assert [share for _, share in world.shares] == [5, 0]
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.SMOKE_FAILED
    assert ended.failure.reason == "a smoke check of ai failed 3 times"
    assert ended.failure.detail == "GET / → 404"


def test_one_wrong_answer_is_none() -> None:
    world = unvisited()
    going = until(world, deployment(AI), asking)
    world.faults.smoke.add("ai")
    going = world.look(going)
    assert (going.phase, going.share, world.visits) == (Phase.SHIFTING, 5, ["ai"] * 2)
    world.faults.smoke.clear()
    world.now += 2 * SECOND
    assert world.look(going).share == 50


@pytest.mark.parametrize("policy", list(Policy))
def test_metrics_that_stay_down_ask_them_only_where_it_goes_on_all_the_same(
    policy: Policy,
) -> None:
    world = Visited(Faults(down="503"))
    world.with_stable("ai")
    ended = world.play(under(deployment(AI), on_metrics_down=policy))
    assert len(world.visits) == (3 if policy is Policy.PROMOTE else 1)
    passed = {"smoke checks passed again" in step.why for step in ended.steps_taken[1:]}
    assert passed == ({True} if policy is Policy.PROMOTE else set(passed) - {True})


def test_what_enough_visitors_speak_for_is_not_asked_again() -> None:
    world = Visited()
    world.with_stable("ai")
    assert world.play(deployment(AI)).phase is Phase.SUCCEEDED
    assert world.visits == ["ai"]


def test_without_smoke_checks_it_is_said_that_nothing_was_checked() -> None:
    world = unvisited()
    ended = world.play(deployment(service_plan("ai")))
    assert ended.phase is Phase.SUCCEEDED
    assert world.visits == ["ai"]
    bare = "no smoke checks in deploy.yaml, so nothing else was checked"
    assert all(bare in step.why for step in ended.steps_taken[1:])


def test_only_the_services_that_nobody_calls_are_asked() -> None:
    other = replace(service_plan("api"), smoke=(CHECK,))
    world = unvisited("api")
    assert world.play(deployment(AI, other)).phase is Phase.SUCCEEDED
    assert world.visits == ["ai", "api", "ai", "ai"]


def test_what_is_paused_is_asked_when_it_goes_on() -> None:
    world = unvisited()
    going = until(world, deployment(AI), at_first_step)
    going = steered(world, going, Verb.PAUSE)
    going = until(world, going, lambda _: world.now > START + MINUTE)
    assert (going.share, world.visits) == (5, ["ai"])
    ended = world.play(steered(world, going, Verb.RESUME))
    assert ended.phase is Phase.SUCCEEDED
    assert world.visits == ["ai"] * 3


def test_a_pause_in_between_lets_the_step_go_on_and_asks_anew() -> None:
    world = unvisited()
    going = until(world, deployment(AI), asking)
    going = world.look(steered(world, going, Verb.PAUSE))
    assert (going.revisit, going.share, world.visits) == (None, 5, ["ai"])
    assert [split.until is None for split in going.services[0].splits] == [False, True]
    assert world.play(steered(world, going, Verb.RESUME)).phase is Phase.SUCCEEDED
    assert world.visits == ["ai"] * 3


def test_a_promotion_by_a_person_asks_nothing() -> None:
    world = unvisited()
    going = until(world, deployment(AI), at_first_step)
    going = world.look(steered(world, going, Verb.PROMOTE))
    assert (going.share, world.visits) == (50, ["ai"])
    going = until(world, going, asking)
    going = world.look(steered(world, going, Verb.PROMOTE))
    assert (going.share, going.revisit) == (100, None)


def test_trouble_with_visiting_is_borne_for_three_minutes() -> None:
    world = unvisited()
    going = until(world, deployment(AI), asking)
    later = world.now + 2 * MINUTE
    spoiled = table.spoiled(going, "no ID token", later, later)
    assert (spoiled.phase, spoiled.waiting) == (Phase.SHIFTING, "outside trouble: no ID token")
    late = world.now + 4 * MINUTE
    given_up = table.spoiled(spoiled, "no ID token", late, late)
    assert given_up.phase is Phase.ROLLING_BACK
    assert given_up.failure is not None
    assert given_up.failure.code is FailureCode.TIMED_OUT
    said = "smoke checks were not made again within 3 min, waiting for: no ID token"
    assert given_up.failure.reason == said


def test_answers_that_come_late_because_nobody_looked_count() -> None:
    world = unvisited()
    going = until(world, deployment(AI), asking)
    world.now += 10 * MINUTE
    assert world.look(going).share == 50


def test_who_dies_between_the_visit_and_the_note_visits_again() -> None:
    world = unvisited()
    going = until(world, deployment(AI), asking)
    world.faults.smoke.add("ai")
    for _ in range(5):
        died = world.look(going)
        assert (died.share, died.services[0].smoke_attempts) == (5, 1)
    world.faults.smoke.clear()
    assert world.play(going).phase is Phase.SUCCEEDED
    assert [share for _, share in world.shares] == [5, 50, 100]


def test_a_tag_that_somebody_took_away_is_put_back_before_the_visit() -> None:
    world = unvisited()
    going = until(world, deployment(AI), at_first_step)
    live = world.services["ai"]
    untagged = tuple(one for one in live.traffic if not one.tag)
    world.services["ai"] = replace(live, traffic=untagged, tags_wanted=frozenset())
    ended = world.play(going)
    assert ended.phase is Phase.SUCCEEDED
    assert [share for _, share in world.shares] == [5, 5, 50, 100]


def test_a_visit_is_no_visitor() -> None:
    world = unvisited()
    going = until(world, deployment(AI), asking)
    over = going.services[0].splits[-1].until
    assert over is not None
    assert over <= world.now
