"""What ends a build that could go on: its commit was taken back meanwhile."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.core.deployment import FailureCode, Phase
from bot.core.rollout import table
from bot.core.sight import Sight
from tests.core.rollout.simulated import World, deployment, service_plan

AI = service_plan("ai")


def test_a_commit_that_was_force_pushed_away_is_not_deployed() -> None:
    world = World().with_stable("ai")
    built = world.look(deployment(AI))
    turn = table.step(built, Sight(replaced_by="b" * 40), world.now)
    assert turn.deployment.phase is Phase.ROLLING_BACK
    failure = turn.deployment.failure
    assert failure is not None
    assert failure.code is FailureCode.COMMIT_REPLACED
    assert failure.commands == ("/deploy prod bbbbbbb",)
    on = table.step(built, Sight(followed_by="c" * 40), world.now).deployment
    assert (on.phase, on.followed_by) == (Phase.BUILDING, "c" * 40)


def test_a_build_may_take_as_long_as_its_file_says() -> None:
    world = World().with_stable("ai")
    built = replace(world.look(deployment(AI)), build_limit=timedelta(minutes=190))
    waits = table.step(built, Sight(), world.now + timedelta(minutes=189)).deployment
    assert waits.phase is Phase.BUILDING
    late = table.step(built, Sight(), world.now + timedelta(minutes=191)).deployment
    assert late.phase is Phase.ROLLING_BACK
    assert late.failure is not None
    assert late.failure.reason.startswith("building was not done within 3 h 10 min")
