"""Cloud Run did what was asked, and its answer was lost: in a crash, or on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.action import Stage
from bot.core.deployment import Phase
from tests.core.rollout.simulated import World, deployment, service_plan

if TYPE_CHECKING:
    from bot.core.deployment import Deployment

AI = service_plan("ai")


def staged_without_an_answer(world: World) -> Deployment:
    going = deployment(AI)
    while not any(isinstance(action, Stage) for action in world.actions):
        before = going
        going = world.look(going)
    return before


def test_what_was_staged_is_asked_for_once_more_since_the_answer_says_what_was_kept() -> None:
    world = World().with_stable("ai")
    ended = world.play(staged_without_an_answer(world))
    assert ended.phase is Phase.SUCCEEDED
    assert sum(isinstance(action, Stage) for action in world.actions) == 2
    assert ended.services[0].kept == ()
