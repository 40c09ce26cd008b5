"""Rollbacks: back to an earlier release by traffic alone, or by a revision made again."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from bot.core.action import Shift, Stage, StartBuild
from bot.core.control import Control, Verb
from bot.core.deployment import Deployment, Phase
from bot.core.environment import activated, enqueued, settled
from bot.core.model import Ask, AskKind, Environment, Refusal, Release, ReleasedService
from bot.core.rejected import Rejected, RejectedService
from bot.core.releases import earlier, of_services, released
from bot.core.report.holding import next_commands
from bot.core.restoration import Return, restoration, unknown
from bot.core.rollout.controls import controlled
from bot.core.rollout.turn import ENDS
from bot.core.sight import RevisionSeen, TrafficSeen
from tests.core.rollout.simulated import (
    REPOSITORY,
    START,
    World,
    deployment,
    service_plan,
)

AI = service_plan("ai")
API = service_plan("api", level=1, needs=("ai",))


def release(letter: str, *services: str) -> Release:
    return Release(
        deployment=f"of-{letter}",
        sha=letter * 40,
        number=1,
        at=START,
        services={
            name: ReleasedService(
                revision=f"{name}-{letter}",
                digest=f"sha256:{letter}",
                settings_hash="same",
                sha=letter * 40,
                deployment=f"of-{letter}",
            )
            for name in services
        },
    )


def place(*letters: str, services: tuple[str, ...] = ("ai", "api")) -> Environment:
    """An environment that ran these, oldest first."""
    made = Environment(key="7/prod", name="prod", repository=REPOSITORY)
    for letter in letters:
        made = released(made, release(letter, *services))
    return made


def rejected(letter: str, *services: str) -> Rejected:
    bad = {
        name: RejectedService(digest=f"sha256:{letter}", settings_hash="same") for name in services
    }
    return Rejected(deployment=f"of-{letter}", sha=letter * 40, at=START, why="", services=bad)


def asking() -> Ask:
    return Ask(
        key="7/9/0",
        kind=AskKind.COMMENT,
        repository=REPOSITORY,
        actor="owner",
        created_at=START,
        number=9,
    )


def going_back(target: Release, away: Rejected | None = None) -> Deployment:
    made = deployment(AI, API)
    wish = Return(
        release=target,
        away_from=away,
        plan=made.plan,
        trusted_sha="b" * 40,
        command="/rollback prod",
        makers=dict.fromkeys(target.services, made),
    )
    assert unknown(target, wish.makers) == ()
    return restoration(asking(), wish, made.sampling, START)


def serving(*names: str, letter: str, standing: str) -> World:
    """A world where these services serve one revision and others stand beside it."""
    world = World().with_stable(*names)
    for name in names:
        revisions = [f"{name}-{one}" for one in (letter, *standing)]
        world.services[name] = replace(
            world.services[name],
            traffic=(TrafficSeen(revision=f"{name}-{letter}", percent=100),),
            revisions={one: RevisionSeen(name=one, ready=True) for one in revisions},
        )
    return world


def shifts(world: World) -> list[Shift]:
    return [action for action in world.actions if isinstance(action, Shift)]


def test_a_rollback_is_one_traffic_write_per_service_and_no_build() -> None:
    world = serving("ai", "api", letter="b", standing="a")
    ended = world.play(going_back(release("a", "ai", "api")))
    assert ended.phase is Phase.SUCCEEDED
    assert [world.services[name].serving for name in ("ai", "api")] == ["ai-a", "api-a"]
    assert len(world.actions) == len(shifts(world)) == 2
    assert "rolled back to aaaaaaa by owner" in ended.steps_taken[0].why


def test_a_rollback_takes_the_traffic_from_wherever_people_put_it() -> None:
    world = serving("ai", "api", letter="b", standing="ac")
    split = (TrafficSeen(revision="ai-b", percent=60), TrafficSeen(revision="ai-c", percent=40))
    world.services["ai"] = replace(world.services["ai"], traffic=split)
    assert world.play(going_back(release("a", "ai", "api"))).phase is Phase.SUCCEEDED
    assert world.services["ai"].serving == "ai-a"


def test_a_rollback_to_what_has_most_of_a_split_is_one_write_too() -> None:
    world = serving("ai", "api", letter="b", standing="a")
    split = (TrafficSeen(revision="ai-a", percent=60), TrafficSeen(revision="ai-b", percent=40))
    world.services["ai"] = replace(world.services["ai"], traffic=split)
    ended = world.play(going_back(release("a", "ai", "api")))
    assert ended.phase is Phase.SUCCEEDED
    assert world.services["ai"].serving == "ai-a"
    assert len(shifts(world)) == 2


def test_a_revision_that_is_gone_is_made_again_before_anything_moves() -> None:
    world = serving("ai", "api", letter="b", standing="a")
    live = world.services["api"]
    kept = {name: one for name, one in live.revisions.items() if name != "api-a"}
    world.services["api"] = replace(live, revisions=kept)
    ended = world.play(going_back(release("a", "ai", "api")))
    assert ended.phase is Phase.SUCCEEDED
    assert world.services["ai"].serving == "ai-a"
    assert world.services["api"].serving.startswith("api-aaaaaaa-")
    assert not any(isinstance(action, StartBuild) for action in world.actions)
    (made,) = [action for action in world.actions if isinstance(action, Stage)]
    assert (made.service, made.image) == ("api", "images/api@sha256:a")
    assert world.actions.index(made) < world.actions.index(shifts(world)[0])


def test_a_revision_that_is_gone_is_made_again_beside_whatever_people_split() -> None:
    world = serving("ai", letter="b", standing="c")
    split = (TrafficSeen(revision="ai-b", percent=60), TrafficSeen(revision="ai-c", percent=40))
    world.services["ai"] = replace(world.services["ai"], traffic=split)
    ended = world.play(going_back(release("a", "ai")))
    assert (ended.phase, ended.failure) == (Phase.SUCCEEDED, None)
    assert world.services["ai"].serving == ended.services[0].revision
    (made,) = [action for action in world.actions if isinstance(action, Stage)]
    assert (made.stable, made.percents) == ("ai-b", {"ai-b": 60, "ai-c": 40})


@pytest.mark.parametrize("fault", ["ready", "smoke"])
def test_where_it_cannot_be_made_again_the_split_stays_as_people_left_it(fault: str) -> None:
    world = serving("ai", letter="b", standing="c")
    split = (TrafficSeen(revision="ai-b", percent=60), TrafficSeen(revision="ai-c", percent=40))
    world.services["ai"] = replace(world.services["ai"], traffic=split)
    getattr(world.faults, fault).add("ai")
    assert world.play(going_back(release("a", "ai"))).phase is Phase.FAILED
    assert world.services["ai"].shares == {"ai-b": 60, "ai-c": 40}


def test_an_image_that_is_no_more_is_told_with_what_builds_it() -> None:
    world = serving("ai", letter="b", standing="")
    wish = going_back(release("a", "ai"))
    while not world.actions:
        wish = world.look(wish)
    live, name = world.services["ai"], wish.services[0].revision
    lost = RevisionSeen(name=name, ready=False, reason="CONTAINER_MISSING")
    world.services["ai"] = replace(live, revisions={**live.revisions, name: lost})
    ended = world.play(wish)
    assert ended.failure is not None
    assert "a rollback builds none" in ended.failure.remedy
    assert next_commands(ended)[0] == "/deploy prod aaaaaaa"


def test_what_runs_already_is_not_touched() -> None:
    world = serving("ai", "api", letter="a", standing="")
    ended = world.play(going_back(release("a", "ai", "api")))
    assert ended.phase is Phase.UNCHANGED
    assert world.actions == []


def test_a_rollback_goes_to_the_release_before_and_then_to_the_one_before_that() -> None:
    made = place("a", "b", "c")
    assert going(made, "").sha == "b" * 40
    again = released(replace(made, rejected=(rejected("c", "ai", "api"),)), going(made, ""))
    assert going(again, "").sha == "a" * 40


def test_what_was_taken_back_is_no_release_to_return_to() -> None:
    made = replace(place("a", "b", "c"), rejected=(rejected("b", "ai"),))
    assert going(made, "").sha == "a" * 40


@pytest.mark.parametrize(("ref", "sha"), [("aaaaaaa", "a" * 40), ("c" * 40, "c" * 40)])
def test_a_release_can_be_named_by_its_commit(ref: str, sha: str) -> None:
    assert going(place("a", "b", "c"), ref).sha == sha


def test_nowhere_to_return_to_is_said_with_what_there_is() -> None:
    assert isinstance(earlier(place("a"), ""), Refusal)
    refused = earlier(place("a", "b"), "1234567")
    assert isinstance(refused, Refusal)
    assert refused.commands == ("/rollback prod to aaaaaaa", "/history prod")


def going(made: Environment, ref: str) -> Release:
    found = earlier(made, ref)
    assert isinstance(found, Release), found
    return found


def test_afterwards_it_is_live_locked_and_the_other_one_remembered() -> None:
    made = place("a", "b")
    wish = going_back(going(made, ""), rejected("b", "ai", "api"))
    ended = serving("ai", "api", letter="b", standing="a").play(wish)
    after = settled(activated(enqueued(made, wish.id), wish), ended)
    assert after.live is not None
    assert (after.live.sha, after.live.services["ai"].revision) == ("a" * 40, "ai-a")
    assert after.previous == made.live
    assert [one.sha for one in after.rejected] == ["b" * 40]
    assert after.lock is not None
    assert (after.lock.owner, after.lock.rolled_back) == ("owner", "b" * 40)
    assert after.active == ""


def test_of_a_bad_canary_the_service_at_fault_is_remembered_and_nothing_else() -> None:
    world = World().with_stable("ai", "api")
    world.faults.errors.add("api")
    ended = world.play(deployment(AI, API))
    made = activated(enqueued(place("a"), ended.id), ended)
    (bad,) = settled(made, ended).rejected
    assert list(bad.services) == ["api"]
    assert bad == of_services(
        ended, [ended.services[1]], "the canary of api fails more often than stable", bad.at
    )


@settings(deadline=None, max_examples=150)
@given(
    gone=st.sets(st.sampled_from(["ai", "api"])),
    bad=st.sets(st.sampled_from(["ai", "api"])),
    conflicts=st.integers(0, 3),
    abort=st.none() | st.integers(0, 12),
)
def test_a_rollback_ends_on_one_release_or_the_other(
    gone: set[str], bad: set[str], conflicts: int, abort: int | None
) -> None:
    world = serving("ai", "api", letter="b", standing="a")
    world.faults.ready = bad
    world.faults.conflicts = conflicts
    for name in gone:
        live = world.services[name]
        kept = {one: seen for one, seen in live.revisions.items() if one != f"{name}-a"}
        world.services[name] = replace(live, revisions=kept)
    going = going_back(release("a", "ai", "api"))
    for number in range(100):
        if number == abort and going.phase not in ENDS:
            after = controlled(going, Control(verb=Verb.ABORT, by="owner"), world.now)
            going = after if isinstance(after, Deployment) else going
        going = world.look(going)
        world.now = max(world.now, going.wake_at or world.now)
    assert going.phase in ENDS
    serves = {name: live.serving for name, live in world.services.items()}
    if going.phase is Phase.SUCCEEDED:
        assert serves == {s.plan.name: s.revision for s in going.services}
    else:
        assert serves == {"ai": "ai-b", "api": "api-b"}
