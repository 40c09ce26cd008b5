"""What people read about a rollout on its way."""

from __future__ import annotations

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.report.deployment import details
from tests.core.rollout.simulated import Faults, World, deployment, service_plan

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


def test_a_shadow_verdict_is_told_and_not_acted_on() -> None:
    world = World(Faults(errors={"ai"})).with_stable("ai")
    shadow = deployment(AI)
    plan = replace(shadow.plan, rollout=replace(shadow.plan.rollout, judge="shadow"))
    ended = world.play(replace(shadow, plan=plan))
    assert ended.phase is Phase.SUCCEEDED
    assert details(ended, 0).count("shadow: would have been rolled back here") == 2
