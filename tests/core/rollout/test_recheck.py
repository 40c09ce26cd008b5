"""At 100 %: what an alarm leads to, what ends a watch, and what is said of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.action import Accepted, Action, Outcome, Rejected, Shift
from bot.core.control import Control, Verb
from bot.core.deployment import Deployment, FailureCode, Phase
from bot.core.environment import activated, enqueued, settled
from bot.core.evidence import Counts, Day, Window
from bot.core.model import Environment
from bot.core.report.deployment import details
from bot.core.report.phrases import title
from bot.core.report.status import Seen, status
from bot.core.rollout import table
from bot.core.rollout.controls import controlled
from bot.core.rollout.wants import wants
from bot.core.route import Policy, Stage
from bot.core.sight import Sight, TrafficSeen
from tests.core.rollout.simulated import REPOSITORY, SECOND, START, World, deployment, service_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.configuration import ServicePlan
    from bot.core.rollout.wants import WindowsWanted

PLACE = Environment(key="7/prod", name="prod", repository=REPOSITORY)
AI = service_plan("ai")
API = service_plan("api")
LATER = service_plan("api", level=1)


class Doubtful(World):
    """A world whose metrics may be down, and whose Cloud Run may refuse stable traffic."""

    down = False
    stable_deleted = False
    only_back = False
    takes_it = False
    """As Cloud Run does, it takes a write to a revision that is no more, and fails at it."""

    def seen(self, deployment: Deployment) -> Sight:
        seen = super().seen(deployment)
        return replace(seen, metrics_down="503", windows={}) if self.down else seen

    def perform(self, action: Action) -> Outcome:
        if self.stable_deleted and isinstance(action, Shift) and "ai-old" in action.percents:
            if self.takes_it:
                return Accepted(service="ai", operation="operations/failing")
            return Rejected(service="ai", detail="revision ai-old not found")
        if self.only_back and isinstance(action, Shift) and "ai-new" in action.percents:
            return Rejected(service="ai", detail="not allowed", forbidden=True)
        return super().perform(action)

    def delete_stable(self) -> None:
        self.stable_deleted = True
        live = self.services["ai"]
        left = {name: one for name, one in live.revisions.items() if name != "ai-old"}
        self.services["ai"] = replace(live, revisions=left)


def looked(world: World, going: Deployment) -> Deployment:
    going = world.look(going)
    world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)
    return going


def until(
    world: World, going: Deployment, reached: Callable[[Deployment], bool], looks: int = 400
) -> Deployment:
    for _ in range(looks):
        if reached(going):
            return going
        going = looked(world, going)
    raise AssertionError((going.phase, going.waiting, going.steps_taken))


def watched(world: World, going: Deployment) -> Deployment:
    """At 100 %, with some windows seen there."""
    return until(world, going, lambda one: one.phase is Phase.WATCHING and _seen(one) > 5)


def _seen(going: Deployment) -> int:
    evidence = going.services[0].evidence
    return evidence.windows if evidence.share == 100 else 0


def compared(world: World, going: Deployment) -> Deployment:
    """Traffic is at the first share of a recheck, after an alarm."""
    world.faults.errors.add("ai")
    going = watched(world, going) if going.phase is not Phase.WATCHING else going
    return until(world, going, _asks)


def _asks(going: Deployment) -> bool:
    return going.course.stage is Stage.RECHECK and going.share_since is not None


def watch(world: World, *plans: ServicePlan, policy: Policy = Policy.HOLD) -> Deployment:
    made = deployment(*plans, watch=60)
    rollout = replace(made.plan.rollout, on_metrics_down=policy)
    return watched(world, replace(made, plan=replace(made.plan, rollout=rollout)))


def test_an_alarm_asks_stable_again_and_the_title_says_at_which_share() -> None:
    world = World().with_stable("ai")
    going = compared(world, watch(world, AI))
    assert world.services["ai"].shares == {"ai-old": 80, "ai-new": 20}
    assert title(going, 0).startswith("Compared with stable again, at 20 %")
    before_full = title(replace(going, phase=Phase.SHIFTING), 0)
    assert before_full.startswith("Compared with stable again, at 20 %")
    place = settled(activated(enqueued(PLACE, going.id), going), going)
    said = status([Seen(name="prod", place=place, watched=going)], world.now)
    assert f"(release `{going.id}`, 20 %)" in said
    assert "compared with stable again, 20 % for " in said
    ended = world.play(going)
    assert ended.phase is Phase.ROLLED_BACK
    assert world.services["ai"].serving == "ai-old"


def test_a_level_with_a_first_deployment_is_compared_again_too() -> None:
    world = World().with_stable("ai")
    going = compared(world, watch(world, AI, API))
    assert world.services["api"].serving == "api-new"
    assert world.play(going).phase is Phase.ROLLED_BACK


def test_a_comparison_that_sees_nothing_ends_in_time_and_the_watch_goes_on() -> None:
    world = Doubtful().with_stable("ai")
    going = compared(world, watch(world, AI))
    world.faults.errors.clear()
    world.down = True
    began = world.now
    going = until(world, going, lambda _: world.services["ai"].serving == "ai-new")
    assert world.now - began <= timedelta(seconds=35)
    assert going.phase is Phase.WATCHING
    assert "metrics-down: comparing with stable came to nothing" in going.steps_taken[-1].why
    world.down = False
    assert world.play(going).phase is Phase.SUCCEEDED


def test_a_comparison_that_sees_nothing_goes_back_where_deploy_yaml_says_so() -> None:
    world = Doubtful().with_stable("ai")
    going = compared(world, watch(world, AI, policy=Policy.ROLL_BACK))
    world.down = True
    ended = world.play(going)
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.NO_VERDICT


def test_a_split_that_cannot_be_ended_upwards_is_ended_downwards_and_told() -> None:
    """As where the operator takes the service out of what this repository may change."""
    world = Doubtful().with_stable("ai")
    going = compared(world, watch(world, AI))
    world.faults.errors.clear()
    world.only_back = True
    ended = world.play(going, looks=2000)
    assert ended.phase is Phase.ROLLED_BACK
    assert world.services["ai"].serving == "ai-old"
    assert ended.failure is not None
    assert ended.failure.reason == (
        "ai could not be given all the traffic again after it was compared with stable"
    )
    assert "not allowed" in ended.failure.detail


@pytest.mark.parametrize("comparing", [False, True])
def test_a_watch_of_which_nothing_can_be_seen_has_an_end(*, comparing: bool) -> None:
    world = World().with_stable("ai")
    going = watch(world, AI)
    going = compared(world, going) if comparing else going
    for _ in range(10):
        world.now += timedelta(minutes=1)
        going = table.broken(going, "Cloud Run: 403", world.now)
    assert going.phase is (Phase.ROLLING_BACK if comparing else Phase.SUCCEEDED)


def test_nothing_is_taken_back_that_has_all_the_traffic_and_cannot_be_seen() -> None:
    world = World().with_stable("ai")
    going = watch(world, AI)
    course = replace(going.course, stage=Stage.RECHECK, share=20)
    going = replace(going, course=course, share=20, share_since=None)
    for _ in range(10):
        world.now += timedelta(minutes=1)
        going = table.spoiled(going, "Cloud Run: 503", world.now, world.now)
    assert going.phase is Phase.SUCCEEDED


def test_an_unfinished_write_is_looked_after_in_the_watch() -> None:
    world = World().with_stable("ai")
    going = watch(world, AI)
    service = replace(going.services[0], operation="operations/1")
    assert wants(replace(going, services=(service,)), world.now).operations == ("ai",)


def test_an_abort_in_the_middle_of_a_comparison_wins() -> None:
    world = World().with_stable("ai")
    going = compared(world, watch(world, AI))
    aborted = controlled(going, Control(verb=Verb.ABORT, by="owner"), world.now)
    assert isinstance(aborted, Deployment)
    assert world.play(aborted).phase is Phase.ABORTED
    assert world.services["ai"].serving == "ai-old"


def test_a_doubt_at_an_earlier_level_is_settled_there_and_comes_to_an_end() -> None:
    """Few requests at 90 %: the last windows there fail, and show when that level was left."""
    world = Thin(usual=22).with_stable("ai", "api")
    going = deployment(AI, LATER, steps=(90, 100), watch=300)
    going = replace(going, sampling=replace(going.sampling, lag=3 * SECOND))
    going = until(world, going, lambda one: one.share == 90 and one.share_since is not None)
    while going.level == 0:
        world.fails_from = world.now - timedelta(seconds=2.9)
        going = looked(world, going)
    ended = world.play(going, looks=2000)
    assert ended.phase is Phase.SUCCEEDED
    assert ended.course.alarms == 1
    asked = [step for step in ended.steps_taken if "compared with stable again" in step.why]
    assert [(step.share, step.services) for step in asked] == [(20, ("ai",)), (90, ("ai",))]


class Thin(World):
    """Hardly anybody visits `ai`, and for some seconds its canary fails."""

    fails_from = START

    def seen(self, deployment: Deployment) -> Sight:
        seen = super().seen(deployment)
        return replace(seen, days={name: Day(windows=(Counts(22),) * 60) for name in seen.days})

    def _windows(self, deployment: Deployment, want: WindowsWanted) -> tuple[Window, ...]:
        windows = super()._windows(deployment, want)
        return windows if want.name != "ai" else tuple(map(self._few, windows))

    def _few(self, window: Window) -> Window:
        since = window.start - self.fails_from
        bad = window.share == 90 and timedelta() <= since < timedelta(seconds=4)
        stable = Counts(2) if window.share < 100 else None
        return replace(window, canary=Counts(20, 18 if bad else 0), stable=stable)


def test_where_stable_was_deleted_an_alarm_is_told_and_the_watch_goes_on() -> None:
    world = Doubtful().with_stable("ai")
    going = watch(world, AI)
    world.delete_stable()
    world.faults.errors.add("ai")
    ended = world.play(going)
    assert ended.phase is Phase.SUCCEEDED
    assert world.services["ai"].serving == "ai-new"
    said = [step.why for step in ended.steps_taken if "refuses" in step.why]
    assert said == [
        "Cloud Run refuses traffic for ai-old, so it is watched on without asking stable"
    ]


@pytest.mark.parametrize("takes_it", [False, True])
def test_a_way_back_to_what_was_deleted_ends_and_says_where_the_traffic_is(
    *, takes_it: bool
) -> None:
    world = Doubtful().with_stable("ai")
    world.takes_it = takes_it
    going = watch(world, AI)
    world.delete_stable()
    aborted = controlled(going, Control(verb=Verb.ABORT, by="owner"), world.now)
    assert isinstance(aborted, Deployment)
    ended = world.play(aborted)
    assert ended.phase is Phase.FAILED
    assert world.services["ai"].serving == "ai-new"
    said = details(ended, 0)
    assert "ai-old was deleted, so traffic stays on ai-new" in said
    assert "Next: `/rollback prod`" in said


@pytest.mark.parametrize("comparing", [False, True])
def test_traffic_that_somebody_moves_ends_the_watch_and_is_named(*, comparing: bool) -> None:
    world = World().with_stable("ai")
    going = watch(world, AI)
    going = compared(world, going) if comparing else going
    halves = tuple(TrafficSeen(revision=one, percent=50) for one in ("ai-old", "ai-new"))
    world.services["ai"] = replace(world.services["ai"], traffic=halves)
    ended = world.look(going)
    assert ended.phase is Phase.SUCCEEDED
    assert world.services["ai"].traffic == halves
    assert "moved by somebody" in ended.steps_taken[-1].why
    assert title(ended, 0) == "Deployed; somebody else has moved the traffic since"
    said = details(ended, 0)
    assert "It is now: ai: ai-old 50 %, ai-new 50 %" in said
    assert "| 50 % |" in said
