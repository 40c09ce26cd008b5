"""Services of earlier levels, at 100 % already, while a later level ramps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.action import Accepted, Action, Outcome, Shift
from bot.core.deployment import FailureCode, Phase
from bot.core.report.deployment import comment, details
from bot.core.sight import OperationSeen, RevisionSeen, Sight, TrafficSeen
from tests.core.rollout.simulated import QUOTA, SECOND, World, deployment, service_plan
from tests.core.rollout.test_planning import under

if TYPE_CHECKING:
    from bot.core.deployment import Deployment

AI = service_plan("ai")
API = service_plan("api", level=1, needs=("ai",))
HALVES = (TrafficSeen(revision="theirs", percent=50), TrafficSeen(revision="ai-new", percent=50))


def ramping(world: World, **rollout: object) -> Deployment:
    """Return a deployment whose callee is at 100 % and whose caller has begun to ramp."""
    world.with_stable("ai", "api")
    going = under(deployment(AI, API), **rollout)
    while going.level == 0 or going.share_since is None or going.share == 0:
        going = looked(world, going)
    return going


def looked(world: World, going: Deployment) -> Deployment:
    going = world.look(going)
    world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)
    return going


def test_a_callee_that_fails_while_its_caller_ramps_holds_it_and_goes_back() -> None:
    world = World()
    going = ramping(world)
    world.faults.errors.add("ai")
    ended = world.play(going)
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.failure is not None
    assert ended.failure.service == "ai"
    assert ended.failure.reason == "the canary of ai fails more often than stable did before"
    assert (world.services["ai"].serving, world.services["api"].serving) == ("ai-old", "api-old")
    assert [share for name, share in world.shares if name == "api"] == [5, 0]


def test_an_outage_that_ends_only_holds_the_caller() -> None:
    world = World()
    going = ramping(world, min_bake=3 * SECOND, max_bake=60 * SECOND)
    world.faults.errors.add("ai")
    while going.waiting != "undecided":
        going = looked(world, going)
    world.faults.errors.clear()
    assert world.play(going, looks=2000).phase is Phase.SUCCEEDED


def test_a_callee_that_is_not_ready_any_more_takes_all_back() -> None:
    world = World()
    going = ramping(world)
    live = world.services["ai"]
    fallen = {**live.revisions, "ai-new": RevisionSeen(name="ai-new", ready=False)}
    world.services["ai"] = replace(live, revisions=fallen)
    ended = world.play(going)
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.REVISION_NOT_READY
    assert world.services["ai"].serving == "ai-old"


def test_its_traffic_moved_by_somebody_is_named_held_and_not_overwritten() -> None:
    world = World()
    going = ramping(world)
    world.services["ai"] = replace(world.services["ai"], traffic=HALVES)
    world.faults.errors.add("api")
    held = world.play(going, looks=50)
    assert held.waiting == "traffic of ai was moved by somebody: held until it is put back"
    assert world.services["ai"].traffic == HALVES
    said = details(held, 0)
    assert "It is now: theirs 50 %, ai-new 50 %." in said
    assert "--to-revisions ai-new=100" in said


def test_whoever_resumes_has_it_put_back() -> None:
    world = World()
    going = ramping(world)
    world.services["ai"] = replace(world.services["ai"], traffic=HALVES)
    held = world.play(going, looks=50)
    ended = world.play(replace(held, retaken_by="writer"))
    assert ended.phase is Phase.SUCCEEDED
    assert world.services["ai"].serving == "ai-new"


def test_a_put_back_that_fails_is_told_with_googles_words_and_given_up_after_five() -> None:
    world = World()
    going = ramping(world)
    world.services["ai"] = replace(world.services["ai"], traffic=HALVES)
    held = world.play(going, looks=50)
    asked = len(world.actions)
    world.faults.traffic["ai"] = 5
    going = replace(held, retaken_by="writer")
    going = looked(world, looked(world, going))
    assert QUOTA in comment(going, 0)
    ended = world.play(going)
    assert ended.failure is not None
    assert ended.failure.reason.startswith("Cloud Run could not move the traffic of ai")
    assert sum("ai-new" in a.percents for a in world.actions[asked:] if isinstance(a, Shift)) == 5


class Slow(World):
    """Cloud Run names an operation for each write of traffic."""

    def perform(self, action: Action) -> Outcome:
        outcome = super().perform(action)
        named = isinstance(action, Shift)
        return Accepted(service=action.service, operation="o") if named else outcome

    def seen(self, deployment: Deployment) -> Sight:
        seen = super().seen(deployment)
        return replace(seen, operations=dict.fromkeys(seen.operations, OperationSeen(done=True)))


def test_what_was_put_back_is_compared_again_when_the_watch_suspects_it() -> None:
    world = Slow()
    going = ramping(world, watch=600 * SECOND)
    world.services["ai"] = replace(world.services["ai"], traffic=HALVES)
    going = replace(world.play(going, looks=50), retaken_by="writer")
    for _ in range(200):
        going = looked(world, going)
    assert going.phase is Phase.WATCHING
    world.faults.errors.add("ai")
    ended = world.play(going)
    assert ended.phase is Phase.ROLLED_BACK
    assert world.services["ai"].serving == "ai-old"
