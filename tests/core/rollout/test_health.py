"""A canary that Cloud Run calls not ready any more goes back, whatever the counts say."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.core.deployment import Phase
from bot.core.sight import RevisionSeen
from tests.core.rollout.simulated import World, deployment, service_plan

FALLEN = RevisionSeen(name="ai-new", ready=False, reason="X", message="it ends by itself")


@pytest.mark.parametrize("phase", [Phase.SHIFTING, Phase.WATCHING])
def test_a_canary_that_is_not_ready_any_more_is_taken_back(phase: Phase) -> None:
    world = World().with_stable("ai")
    going = deployment(service_plan("ai"), watch=60)
    while going.phase is not phase or not world.shares:
        going = world.look(going)
        world.now = max(world.now, going.wake_at or world.now)
    live = world.services["ai"]
    world.services["ai"] = replace(live, revisions={**live.revisions, "ai-new": FALLEN})
    ended = world.play(going)
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.failure is not None
    assert ended.failure.reason == "revision ai-new of ai is not ready any more"
    assert ended.failure.detail == "X: it ends by itself"
    assert world.services["ai"].serving == "ai-old"
