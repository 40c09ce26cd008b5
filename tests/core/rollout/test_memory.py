"""What an environment remembers: reverts go at once, what was taken back does not come again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.core.deployment import Deployment, FailureCode, Phase
from bot.core.model import Release, ReleasedService
from bot.core.rejected import Rejected, RejectedService
from bot.core.report.holding import next_commands
from bot.core.sight import Memory
from tests.core.rollout.simulated import START, World, deployment, service_plan

AI = service_plan("ai")
API = service_plan("api")
DAY = timedelta(days=1)


def release(number: int, **digests: str) -> Release:
    """A release of that many days ago; the simulated builds make `sha256:<service>`."""
    return Release(
        deployment=f"d{number}",
        sha=f"{number}" * 40,
        number=None,
        at=START - number * DAY,
        services={
            name: ReleasedService(
                revision="r", digest=f"sha256:{digest}", settings_hash="new", sha=f"{number}" * 40
            )
            for name, digest in digests.items()
        },
    )


def taken_back(**digests: str) -> Rejected:
    services = {
        name: RejectedService(digest=f"sha256:{digest}", settings_hash="new")
        for name, digest in digests.items()
    }
    return Rejected(deployment="bad", sha="b" * 40, at=START, why="rolled back", services=services)


LIVE = release(1, ai="broken", api="broken")
GOOD = release(3, ai="ai", api="api")


def played(memory: Memory, started: Deployment) -> tuple[World, Deployment]:
    world = World(memory=memory).with_stable("ai", "api")
    return world, world.play(started)


def test_a_revert_to_what_served_well_skips_the_ramp_and_says_so() -> None:
    world, ended = played(Memory(live=LIVE, past=(GOOD,)), deployment(AI))
    assert ended.phase is Phase.SUCCEEDED
    assert world.shares == [("ai", 100)]
    assert ended.steps_taken[0].why.startswith("no steps: 3333333 served well with the same images")


def test_a_revert_is_watched_all_the_same() -> None:
    world = World(memory=Memory(live=LIVE, past=(GOOD,))).with_stable("ai")
    going = deployment(AI, watch=60)
    while going.phase not in {Phase.WATCHING, Phase.FAILED}:
        going = world.look(going)
        world.now = max(world.now, going.wake_at or world.now)
    assert going.phase is Phase.WATCHING


@pytest.mark.parametrize(
    "memory",
    [
        Memory(live=LIVE, past=(release(3, ai="other"),)),
        Memory(live=GOOD),
        Memory(live=LIVE, past=(GOOD,), rejected=(taken_back(ai="ai"),)),
        Memory(live=LIVE, past=(release(1, ai="ai"), GOOD), rejected=(taken_back(ai="ai"),)),
    ],
    ids=["another image", "only live", "taken back", "taken back later"],
)
def test_nothing_else_skips_it(memory: Memory) -> None:
    going = replace(deployment(AI), retry=True)
    world, _ = played(memory, going)
    assert [share for _, share in world.shares] == [5, 50, 100]


def test_what_did_not_outlast_its_watch_has_proved_nothing() -> None:
    short = replace(LIVE, at=GOOD.at + timedelta(seconds=30))
    world, _ = played(Memory(live=short, past=(GOOD,)), deployment(AI, watch=60))
    assert next(share for _, share in world.shares) == 5


def test_every_service_that_changes_must_have_served_well() -> None:
    memory = Memory(live=LIVE, past=(release(3, ai="ai", api="other"),))
    world, _ = played(memory, deployment(AI, API))
    assert ("ai", 5) in world.shares


def test_what_was_taken_back_is_not_rolled_out_again() -> None:
    memory = Memory(live=GOOD, rejected=(taken_back(ai="ai"),))
    world, ended = played(memory, replace(deployment(AI), command="/deploy prod"))
    assert ended.phase is Phase.FAILED
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.REJECTED_BEFORE
    assert world.shares == []
    assert next_commands(ended) == ("/deploy prod --retry", "/status prod")


def test_people_can_insist() -> None:
    memory = Memory(live=GOOD, rejected=(taken_back(ai="ai"),))
    _, ended = played(memory, replace(deployment(AI), retry=True))
    assert ended.phase is Phase.SUCCEEDED


def test_of_several_taken_back_together_a_new_one_makes_it_something_else() -> None:
    memory = Memory(live=GOOD, rejected=(taken_back(ai="ai", api="broken"),))
    _, ended = played(memory, deployment(AI, API))
    assert ended.phase is Phase.SUCCEEDED


def test_now_goes_to_100_at_once() -> None:
    world, ended = played(Memory(), replace(deployment(AI), skips="no steps: owner wanted it"))
    assert ended.phase is Phase.SUCCEEDED
    assert world.shares == [("ai", 100)]
    assert world.now - START < timedelta(seconds=40), "it waits for nothing that it does not need"
