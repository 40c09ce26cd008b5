"""What people read about a rollout on its way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.evidence import Counts, Window
from bot.core.report.deployment import details
from bot.core.report.rollout import POINTS
from bot.core.route import Policy
from tests.core.rollout.simulated import SECOND, START, Faults, World, deployment, service_plan
from tests.core.rollout.test_planning import under

if TYPE_CHECKING:
    from bot.core.rollout.wants import WindowsWanted

AI = service_plan("ai")


def looked(world: World, share: int) -> Deployment:
    going = deployment(AI)
    while not (going.phase is Phase.SHIFTING and going.share == share and going.share_since):
        going = world.look(going)
        world.now = max(world.now, going.wake_at or world.now)
    return going


def test_it_says_when_the_next_step_may_come_and_what_follows() -> None:
    said = details(looked(World().with_stable("ai"), 5), 0)
    assert "Next step not before 12:" in said
    assert "UTC: 50 % → 100 %." in said


def test_each_step_says_on_what_numbers_it_was_taken() -> None:
    said = details(looked(World().with_stable("ai"), 50), 0)
    assert "| 50 % | canary 0/" in said
    assert " server errors, evidence 1 : " in said


def test_traffic_and_errors_over_time_are_a_chart() -> None:
    world = World(Faults(errors={"ai"})).with_stable("ai")
    said = details(world.play(deployment(AI)), 0)
    traffic, errors = said.split("```mermaid\n")[1:]
    assert 'y-axis "%" 0 --> 100\n    line [5' in traffic
    canary, stable = (line for line in errors.splitlines() if line.startswith("    line ["))
    assert 'y-axis "%" 0 --> 30\n' in errors, "so that errors are seen however rare they are"
    assert ("30" in canary, "30" in stable) == (True, False)


def test_a_rollback_says_after_how_many_failed_requests() -> None:
    world = World(Faults(errors={"ai"})).with_stable("ai")
    said = details(world.play(deployment(AI)), 0)
    assert "times as likely (at least " in said
    assert ", rolled back after " in said
    assert " failed requests" in said


def test_little_history_is_reduced_power_and_said() -> None:
    assert "**Reduced power** for ai" in details(looked(World().with_stable("ai"), 5), 0)


def test_slow_answers_that_nothing_tells_from_others_are_not_compared_and_that_is_said() -> None:
    unread = looked(World().with_stable("ai"), 5)
    service = unread.services[0]
    assert "**Slow answers** of ai are not compared" in details(unread, 0)
    known = replace(service, slow_above=250.0)
    assert "Slow answers" not in details(replace(unread, services=(known,)), 0)
    lost = replace(service, history=None)
    said = details(replace(unread, services=(lost,)), 0)
    assert "for ai: stable's last day is not known, so that" in said


def test_a_shadow_verdict_is_told_and_not_acted_on() -> None:
    world = World(Faults(errors={"ai"})).with_stable("ai")
    shadow = deployment(AI)
    plan = replace(shadow.plan, rollout=replace(shadow.plan.rollout, judge="shadow"))
    ended = world.play(replace(shadow, plan=plan))
    assert ended.phase is Phase.SUCCEEDED
    assert details(ended, 0).count("would have been rolled back here") == 2


def test_a_chart_of_many_windows_leaves_no_failure_out() -> None:
    world = World().with_stable("ai")
    going = looked(world, 5)
    windows = tuple(
        Window(
            start=START + number * SECOND,
            end=START + (number + 1) * SECOND,
            share=5,
            canary=Counts(10, 10 if number == 99 else 0),
            stable=Counts(190),
        )
        for number in range(130)
    )
    service = replace(going.services[0], windows=windows)
    ended = replace(going, services=(service,), phase=Phase.ROLLED_BACK)
    errors = details(ended, 0).split("```mermaid\n")[2]
    canary = next(line for line in errors.splitlines() if line.startswith("    line ["))
    assert canary.count(",") < POINTS
    assert "33.33" in canary


class AsBad(World):
    """Stable fails and is slow as often as the canary: one request of five, one of ten."""

    def _windows(self, deployment: Deployment, want: WindowsWanted) -> tuple[Window, ...]:
        return tuple(
            replace(window, canary=_bad(window.canary), stable=_bad(window.stable))
            for window in super()._windows(deployment, want)
        )


def _bad(counts: Counts | None) -> Counts | None:
    return counts and Counts(counts.requests, counts.requests // 5, 0, counts.requests // 10)


def test_an_absolute_limit_is_told_as_one() -> None:
    world = AsBad().with_stable("ai")
    said = details(world.play(under(deployment(AI), max_error_rate=0.02)), 0)
    assert "The canary of ai fails more often than deploy.yaml allows." in said
    assert "server errors: more than 2 %, evidence" in said
    assert "times as likely" not in said.partition("| time")[0]


def test_so_is_one_of_latencies() -> None:
    world = AsBad().with_stable("ai")
    said = details(world.play(under(deployment(AI), max_p95=timedelta(seconds=1))), 0)
    assert "The canary of ai answers more slowly than deploy.yaml allows." in said
    assert "slow answers: more than 5 %, evidence" in said


def test_a_rollback_for_want_of_visitors_says_so() -> None:
    affine = replace(AI, cloud_run=replace(AI.cloud_run, session_affinity=True))
    world = World(Faults(thin=True)).with_stable("ai")
    ended = world.play(under(deployment(affine), on_not_enough_traffic=Policy.ROLL_BACK))
    assert "Not-enough-traffic for longer than the longest bake" in details(ended, 0)
