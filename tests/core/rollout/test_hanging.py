"""Writes of traffic that Cloud Run takes and does not get done; no way back waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.action import Accepted
from bot.core.control import Verb
from bot.core.deployment import Phase
from bot.core.report.deployment import alert, comment
from bot.core.sight import OperationSeen, Sight
from tests.core.rollout.simulated import World, deployment, service_plan
from tests.core.rollout.test_controls import done, look, looked, until
from tests.core.rollout.test_restoring import going_back, release, serving

if TYPE_CHECKING:
    from bot.core.action import Outcome, Shift
    from bot.core.deployment import Deployment

AI = service_plan("ai")
HANGING = "operations/hanging"
SLOW = "Cloud Run has not moved the traffic yet"


@dataclass
class Slow(World):
    """Cloud Run takes so many writes of traffic, and does not get them done."""

    hanging: int = 0

    def _written(self, action: Shift) -> Outcome:
        self.hanging -= 1
        if self.hanging >= 0:
            return Accepted(service=action.service, operation=HANGING)
        return super()._written(action)

    def seen(self, deployment: Deployment) -> Sight:
        services = deployment.services
        hang = {s.plan.name: OperationSeen(done=False) for s in services if s.operation == HANGING}
        return replace(super().seen(deployment), operations=hang)


def test_a_return_does_not_wait_for_an_earlier_write() -> None:
    world = Slow().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    world.hanging = 1
    while not going.services[0].operation:
        going = look(world, going)
    began = world.now
    ended = world.play(done(world, going, Verb.ABORT))
    assert ended.phase is Phase.ABORTED
    assert world.services["ai"].serving == "ai-old"
    assert (world.now - began).total_seconds() < 5


def test_a_return_that_is_not_done_says_so_and_alerts() -> None:
    world = Slow().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    world.hanging = 1
    going = looked(world, done(world, going, Verb.ABORT), 3)
    assert SLOW not in comment(going, 0)
    world.now += timedelta(minutes=2)
    going = look(world, going)
    assert f"Returning traffic to stable ({SLOW})" in comment(going, 0)
    assert not alert(going)
    world.now += timedelta(minutes=9)
    going = look(world, going)
    assert SLOW in alert(going)
    assert world.play(going, looks=3).phase is Phase.ABORTED, "it is asked for again"


def test_what_people_bring_back_by_hand_meanwhile_ends_it() -> None:
    world = Slow().with_stable("ai")
    stable = world.services["ai"]
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    world.hanging = 1
    going = looked(world, done(world, going, Verb.ABORT), 3)
    world.services["ai"] = replace(stable, reconciling=True)
    going = looked(world, going, 3)
    assert going.phase is Phase.ROLLING_BACK
    world.services["ai"] = stable
    assert look(world, going).phase is Phase.ABORTED


@pytest.mark.parametrize("gone", [False, True])
def test_a_rollback_does_not_wait_for_somebody_elses_edit(*, gone: bool) -> None:
    world = serving("ai", letter="b", standing="" if gone else "a")
    world.services["ai"] = replace(world.services["ai"], reconciling=True)
    ended = world.play(going_back(release("a", "ai")))
    assert ended.phase is Phase.SUCCEEDED
    assert world.services["ai"].serving == ended.services[0].revision


def test_a_rollback_that_is_not_done_says_so_and_alerts() -> None:
    world = Slow(hanging=1, services=serving("ai", letter="b", standing="a").services)
    going = looked(world, going_back(release("a", "ai")), 3)
    world.now += timedelta(minutes=2)
    going = look(world, going)
    assert f"({SLOW})" in comment(going, 0)
    assert not alert(going)
    world.now += timedelta(minutes=9)
    said = alert(look(world, going))
    assert SLOW in said
    assert "--to-revisions ai-a=100" in said
