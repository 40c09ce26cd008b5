"""What the operator does not allow is not even tried; what goes back goes back."""

from __future__ import annotations

from msgspec.structs import replace

from bot.core.action import Accepted, Rejected, Shift
from bot.core.configuration import Allowance
from bot.core.deployment import FailureCode, Phase
from bot.core.rollout import table
from bot.engine.perform import perform
from tests.core.rollout.simulated import REPOSITORY, START, deployment, service_plan
from tests.engine.worlds import world

OURS = replace(deployment(service_plan("ai")), phase=Phase.SHIFTING)
MOVE = Shift(
    service="ai",
    key=OURS.services[0].plan.key,
    percents={"ai-new": 100},
    tags={},
    drop_tag="",
    etag="e",
)
HERE = Allowance(projects=("p",), regions=("r",), services=("ai",))


class CloudRun:
    def __init__(self) -> None:
        self.moved: list[Shift] = []

    def shift(self, action: Shift) -> Accepted:
        self.moved.append(action)
        return Accepted(service=action.service, operation="o")


def test_a_place_that_was_taken_away_meanwhile_is_left_alone() -> None:
    run = CloudRun()
    elsewhere = replace(HERE, services=("api",))
    for allowed in ({}, {REPOSITORY.id: elsewhere}, {REPOSITORY.id + 1: HERE}):
        outcome = perform(world(services=run, allowed=allowed), OURS, MOVE)
        assert isinstance(outcome, Rejected)
        ended = table.record(OURS, outcome, START)
        assert ended.failure is not None
        assert ended.failure.code is FailureCode.NOT_ALLOWED
        assert ended.phase is Phase.ROLLING_BACK
    assert run.moved == []


def test_traffic_goes_back_to_stable_whatever_the_operator_says() -> None:
    run = CloudRun()
    back = replace(OURS, phase=Phase.ROLLING_BACK)
    assert isinstance(perform(world(services=run, allowed={}), back, MOVE), Accepted)


def test_what_is_allowed_is_done() -> None:
    run = CloudRun()
    for allowed in (None, {REPOSITORY.id: HERE}):
        perform(world(services=run, allowed=allowed), OURS, MOVE)
    assert run.moved == [MOVE, MOVE]
