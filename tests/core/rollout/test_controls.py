"""What people may do to a rollout on its way, and that nothing they do leaves it half done."""

from __future__ import annotations

from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from bot.core.action import CancelBuild
from bot.core.control import Control, Verb
from bot.core.deployment import Deployment, FailureCode, Phase
from bot.core.model import Refusal
from bot.core.rollout import table
from bot.core.rollout.controls import aborted, controlled, superseded
from bot.core.rollout.turn import ENDS
from tests.core.rollout.simulated import SECOND, Faults, World, deployment, service_plan
from tests.core.rollout.test_unjudged import CHECK

AI = replace(service_plan("ai"), smoke=(CHECK,))
API = replace(service_plan("api", level=1, needs=("ai",)), smoke=(CHECK,))


def until(world: World, going: Deployment, phase: Phase, share: int = 0) -> Deployment:
    """Play until the deployment is in this phase, at this share."""
    for _ in range(300):
        there = going.share == share and (going.share_since is not None or not share)
        if going.phase is phase and (there or phase is not Phase.SHIFTING):
            return going
        going = look(world, going)
    pytest.fail(f"never {phase} at {share} %, but {going.phase} at {going.share} %")


def look(world: World, going: Deployment) -> Deployment:
    going = world.look(going)
    world.now = max(world.now + 0.2 * SECOND, going.wake_at or world.now)
    return going


def done(world: World, going: Deployment, verb: Verb) -> Deployment:
    after = controlled(going, Control(verb=verb, by="writer"), world.now)
    assert isinstance(after, Deployment), after
    return after


def refused(world: World, going: Deployment, verb: Verb) -> Refusal:
    after = controlled(going, Control(verb=verb, by="writer"), world.now)
    assert isinstance(after, Refusal)
    return after


def looked(world: World, going: Deployment, looks: int) -> Deployment:
    for _ in range(looks):
        going = look(world, going)
    return going


@pytest.mark.parametrize("phase", [Phase.STAGING, Phase.SMOKE, Phase.SHIFTING, Phase.WATCHING])
def test_an_abort_ends_with_all_traffic_on_stable(phase: Phase) -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI, watch=60), phase, share=50)
    ended = world.play(done(world, going, Verb.ABORT))
    assert ended.phase is Phase.ABORTED
    assert ended.failure is not None
    assert ended.failure.reason == "writer aborted it"
    assert world.services["ai"].serving == "ai-old"
    assert not world.services["ai"].tag_url("c-new")


def test_an_abort_cancels_the_build_also_one_of_which_only_the_tag_is_known() -> None:
    world = World().with_stable("ai")
    turn = table.step(
        until(world, deployment(AI), Phase.BUILDING), world.seen(deployment(AI)), world.now
    )
    ended = world.play(done(world, turn.deployment, Verb.ABORT))
    assert ended.phase is Phase.ABORTED
    (cancelled,) = [a for a in world.actions if isinstance(a, CancelBuild)]
    assert (cancelled.build, cancelled.build_tag) == ("", "spillway-d1-ai")


def test_an_abort_in_the_queue_ends_at_once_and_touches_nothing() -> None:
    world = World().with_stable("ai")
    assert done(world, deployment(AI), Verb.ABORT).phase is Phase.ABORTED


def test_a_pause_holds_the_step_and_a_resume_goes_on() -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    held = looked(world, done(world, going, Verb.PAUSE), 60)
    assert (held.phase, held.share, held.waiting) == (Phase.SHIFTING, 5, "paused")
    assert held.services[0].evidence.windows > 30
    assert world.play(done(world, held, Verb.RESUME)).phase is Phase.SUCCEEDED


def test_a_pause_before_any_traffic_holds_at_the_end_of_the_smoke_checks() -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.BUILDING)
    held = looked(world, done(world, going, Verb.PAUSE), 60)
    assert (held.phase, held.waiting) == (Phase.SMOKE, "paused")
    assert world.shares == []
    assert world.play(done(world, held, Verb.RESUME)).phase is Phase.SUCCEEDED


def test_a_paused_canary_that_turns_bad_is_taken_back() -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=50)
    held = looked(world, done(world, going, Verb.PAUSE), 5)
    world.faults.errors.add("ai")
    ended = world.play(held)
    assert ended.phase is Phase.ROLLED_BACK
    assert world.services["ai"].serving == "ai-old"


def test_a_pause_that_nobody_resumes_ends_after_a_week_and_says_so() -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    held = look(world, done(world, going, Verb.PAUSE))
    world.now += timedelta(days=6)
    held = look(world, held)
    assert held.phase is Phase.SHIFTING
    world.now += timedelta(days=1)
    ended = world.play(held)
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.failure is not None
    assert ended.failure.reason == "writer paused it, and nobody resumed it within 7 days"


def test_a_promotion_takes_the_next_step_whatever_the_bake_still_waits_for() -> None:
    world = World(Faults(thin=True)).with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    promoted = look(world, done(world, going, Verb.PROMOTE))
    assert promoted.share == 50
    assert promoted.promoted is None
    assert promoted.steps_taken[-1].why == "promoted by writer"


def test_a_promotion_while_paused_takes_one_step_and_stays_paused() -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.SHIFTING, share=5)
    held = looked(world, done(world, going, Verb.PAUSE), 10)
    stepped = looked(world, done(world, held, Verb.PROMOTE), 60)
    assert (stepped.share, stepped.waiting) == (50, "paused")


def test_a_step_that_needs_approval_waits_for_a_promotion() -> None:
    world = World().with_stable("ai")
    going = deployment(AI)
    rollout = replace(going.plan.rollout, approve=(50,))
    going = replace(going, plan=replace(going.plan, rollout=rollout))
    going = looked(world, until(world, going, Phase.SHIFTING, share=5), 40)
    assert (going.share, going.waiting) == (5, "waiting-for-approval")
    assert world.play(done(world, going, Verb.PROMOTE)).phase is Phase.SUCCEEDED
    assert [share for _, share in world.shares] == [5, 50, 100]


def test_an_approval_that_nobody_gives_ends_after_a_day_and_says_so() -> None:
    world = World().with_stable("ai")
    going = deployment(AI)
    rollout = replace(going.plan.rollout, approve=(5,))
    going = replace(going, plan=replace(going.plan, rollout=rollout))
    going = looked(world, going, 40)
    assert (going.phase, going.waiting) == (Phase.SMOKE, "waiting-for-approval")
    world.now += timedelta(hours=25)
    ended = world.play(going)
    assert ended.phase is Phase.FAILED
    assert ended.failure is not None
    assert ended.failure.reason == "nobody approved the next step within 24 h"


def test_what_was_superseded_in_the_queue_says_by_what() -> None:
    ended = superseded(deployment(AI), "`bbbbbbb`", World().now)
    assert ended.phase is Phase.SUPERSEDED
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.SUPERSEDED
    assert ended.failure.reason == "superseded by `bbbbbbb`"


def test_what_cannot_be_done_now_is_refused_with_what_can() -> None:
    world = World().with_stable("ai")
    going = until(world, deployment(AI), Phase.BUILDING)
    assert "no traffic yet" in refused(world, going, Verb.PROMOTE).reason
    assert "is not paused" in refused(world, going, Verb.RESUME).reason
    back = aborted(going, "writer", world.now)
    for verb in Verb:
        assert "on its way back" in refused(world, back, verb).reason
    ended = world.play(back)
    for verb in Verb:
        assert "has ended" in refused(world, ended, verb).reason


NAMES = st.sets(st.sampled_from(["ai", "api"]))
FAULTS = st.builds(
    Faults, build=NAMES, ready=NAMES, smoke=NAMES, errors=NAMES, conflicts=st.integers(0, 4)
)
WISHES = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(list(Verb))), max_size=6)


@settings(deadline=None, max_examples=300)
@given(
    faults=FAULTS,
    existing=NAMES,
    wishes=WISHES,
    approve=st.sets(st.sampled_from([5, 50, 100])),
    watch=st.sampled_from([0, 20]),
)
def test_whatever_people_type_whenever_they_type_it(
    faults: Faults,
    existing: set[str],
    wishes: list[tuple[int, Verb]],
    approve: set[int],
    watch: int,
) -> None:
    """Abort always ends; traffic ends on one revision; nothing rises after a verdict or a pause."""
    world = World(faults).with_stable(*existing)
    going = deployment(AI, API, watch=watch)
    rollout = replace(going.plan.rollout, approve=tuple(sorted(approve)))
    going = replace(going, plan=replace(going.plan, rollout=rollout))
    falling = False
    for number in range(700):
        for _, verb in [wish for wish in wishes if wish[0] == number]:
            going = _with(world, going, verb)
        if going.phase in ENDS:
            break
        before, shifts = going, len(world.shares)
        going = _looked(world, going)
        risen = going.phase is Phase.SHIFTING and going.share > before.share
        assert not (risen and before.paused and before.promoted is None)
        falling = falling or before.phase is Phase.ROLLING_BACK
        risen = any(share for name, share in world.shares[shifts:] if name in existing)
        assert not (falling and risen)
        if going.phase not in ENDS:
            assert going.wake_at is not None
    _ended_well(world, going, existing)


def _with(world: World, going: Deployment, verb: Verb) -> Deployment:
    actions, phase = len(world.actions), going.phase
    after = controlled(going, Control(verb=verb, by="writer"), world.now)
    assert len(world.actions) == actions
    if isinstance(after, Refusal):
        return going
    if verb is Verb.ABORT:
        assert after.phase in {Phase.ROLLING_BACK, Phase.ABORTED}
    assert after.phase is phase or after.phase in table.TRANSITIONS[phase]
    return after


def _looked(world: World, going: Deployment) -> Deployment:
    """One look, and whatever time it wants to wait; days when nothing moves."""
    going = world.look(going)
    idle = going.waiting in {"paused", "waiting-for-approval"}
    pause = timedelta(hours=6) if idle else 0.2 * SECOND
    world.now = max(world.now + pause, going.wake_at or world.now)
    return going


def _ended_well(world: World, going: Deployment, existing: set[str]) -> None:
    assert going.phase in ENDS
    good = going.phase is Phase.SUCCEEDED
    for name in existing:
        assert world.services[name].serving == (f"{name}-new" if good else f"{name}-old")
    again = table.step(going, world.seen(going), world.now)
    assert again.deployment == going
    assert again.actions == ()
    for verb in Verb:
        assert isinstance(controlled(going, Control(verb=verb, by="x"), world.now), Refusal)
