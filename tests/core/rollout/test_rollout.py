"""Whole rollouts on a simulated world, and what must hold for every one of them."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given, settings
from msgspec.structs import replace

from bot.core.action import Rejected, Shift, Stage, StartBuild
from bot.core.deployment import FailureCode, Phase
from bot.core.rollout import table
from bot.core.rollout.labels import revision_name
from bot.core.rollout.turn import ENDS
from bot.core.sight import RevisionSeen, ServiceSeen, TrafficSeen
from tests.core.rollout.simulated import Faults, World, deployment, service_plan
from tests.core.rollout.test_unjudged import CHECK

AI = replace(service_plan("ai"), smoke=(CHECK,))
API = replace(service_plan("api", level=1, needs=("ai",)), smoke=(CHECK,))


def shares(world: World, service: str) -> list[int]:
    return [share for name, share in world.shares if name == service]


def test_a_good_canary_goes_up_step_by_step_and_loses_its_tag() -> None:
    world = World().with_stable("ai")
    ended = world.play(deployment(AI))
    assert ended.phase is Phase.SUCCEEDED
    assert shares(world, "ai") == [5, 50, 100]
    assert world.services["ai"].serving == "ai-new"
    assert not world.services["ai"].tag_url("c-new")


def test_the_callee_is_at_100_before_its_caller_is_staged() -> None:
    world = World().with_stable("ai", "api")
    ended = world.play(deployment(AI, API))
    assert ended.phase is Phase.SUCCEEDED
    staged = next(
        i for i, a in enumerate(world.actions) if isinstance(a, Stage) and a.service == "api"
    )
    full = next(
        i
        for i, a in enumerate(world.actions)
        if isinstance(a, Shift) and a.percents == {"ai-new": 100}
    )
    assert full < staged
    stage = world.actions[staged]
    assert isinstance(stage, Stage)
    assert stage.cloud_run.env == {"AI_URL": "https://ai"}


def test_a_bad_caller_takes_its_callee_back_with_it_last_first() -> None:
    world = World(Faults(errors={"api"})).with_stable("ai", "api")
    ended = world.play(deployment(AI, API))
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.CANARY_WORSE
    assert world.services["ai"].serving == "ai-old"
    assert world.services["api"].serving == "api-old"
    back = [
        a.service
        for a in world.actions
        if isinstance(a, Shift) and a.percents.get(f"{a.service}-old") == 100
    ]
    assert back == ["api", "ai"]


def test_a_failing_watch_brings_the_old_revision_back() -> None:
    world = World().with_stable("ai")
    watched = deployment(AI, watch=60)
    while watched.phase is not Phase.WATCHING:
        watched = world.look(watched)
        world.now = max(world.now, watched.wake_at or world.now)
    world.faults.errors.add("ai")
    ended = world.play(watched)
    assert ended.phase is Phase.ROLLED_BACK
    assert world.services["ai"].serving == "ai-old"


def labelled(name: str, *, owner: str = "d1") -> World:
    """A world whose service was made by the very deployment that comes again."""
    labels = {
        "spillway-reuse": "new-ai",
        "spillway-settings": "new",
        "spillway-commit": "a" * 40,
        "spillway-deployment": owner,
    }
    revision = RevisionSeen(name=name, ready=True, labels=labels)
    live = ServiceSeen(
        exists=True,
        traffic=(TrafficSeen(revision=name, percent=100),),
        revisions={name: revision},
    )
    return World(services={"ai": live})


def test_nothing_differs_ends_unchanged_and_touches_nothing() -> None:
    world = labelled(revision_name("ai", "a" * 40, "d1"))
    ended = world.play(deployment(AI))
    assert ended.phase is Phase.UNCHANGED
    assert world.actions == []


def test_a_name_with_fewer_digits_of_its_deployment_proves_its_labels_too() -> None:
    sha, made = "a" * 40, "0123456789ab"
    for name in (f"ai-{sha[:7]}-{made[:4]}", revision_name("ai", sha, made)):
        ended = labelled(name, owner=made).play(deployment(AI))
        assert ended.phase is Phase.UNCHANGED


def test_labels_that_a_hand_made_revision_inherited_prove_nothing() -> None:
    world = labelled("ai-00007-abc")
    ended = world.play(deployment(AI))
    assert ended.phase is Phase.SUCCEEDED
    assert world.services["ai"].serving == "ai-new"


def test_one_that_cannot_start_ends_even_when_its_operation_was_never_seen_to_end() -> None:
    world = World(Faults(ready={"ai"}))
    going = deployment(AI)
    going = replace(going, services=(replace(going.services[0], operation="operations/1"),))
    assert world.play(going).phase is Phase.FAILED


def test_too_thin_to_judge_but_failing_is_taken_back() -> None:
    world = World(Faults(thin=True, errors={"ai"})).with_stable("ai")
    ended = world.play(deployment(AI))
    assert ended.phase is Phase.ROLLED_BACK


def test_a_refused_rollback_says_why_and_goes_on_trying() -> None:
    world = World(Faults(errors={"ai"})).with_stable("ai")
    going = deployment(AI)
    while going.phase is not Phase.ROLLING_BACK:
        going = world.look(going)
        world.now = max(world.now, going.wake_at or world.now)
    refused = table.record(going, Rejected(service="ai", detail="no such revision"), world.now)
    assert refused.phase is Phase.ROLLING_BACK
    assert "no such revision" in refused.waiting
    assert world.play(refused).phase is Phase.ROLLED_BACK


def test_trouble_in_the_watch_does_not_take_a_good_release_back() -> None:
    world = World().with_stable("ai")
    watched = deployment(AI, watch=60)
    while watched.phase is not Phase.WATCHING:
        watched = world.look(watched)
        world.now = max(world.now, watched.wake_at or world.now)
    assert table.broken(watched, "403", world.now).phase is Phase.WATCHING


def test_traffic_that_somebody_moves_is_held_and_not_overwritten() -> None:
    world = World().with_stable("ai")
    going = deployment(AI)
    while going.phase is not Phase.SHIFTING or going.share_since is None:
        going = world.look(going)
        world.now = max(world.now, going.wake_at or world.now)
    live = world.services["ai"]
    theirs = (type(live.traffic[0])(revision="theirs", percent=100),)
    world.services["ai"] = type(live)(
        exists=True, uri=live.uri, traffic=theirs, revisions=live.revisions
    )
    held = world.look(going)
    assert "moved by somebody" in held.waiting
    assert world.services["ai"].traffic == theirs


NAMES = st.sets(st.sampled_from(["ai", "api"]))
FAULTS = st.builds(
    Faults,
    build=NAMES,
    ready=NAMES,
    smoke=NAMES,
    errors=NAMES,
    conflicts=st.integers(0, 4),
)


@settings(deadline=None, max_examples=150)
@given(faults=FAULTS, existing=NAMES, watch=st.sampled_from([0, 20]))
def test_every_rollout_ends_and_leaves_one_revision_with_all_the_traffic(
    faults: Faults, existing: set[str], watch: int
) -> None:
    world = World(faults).with_stable(*existing)
    ended = world.play(deployment(AI, API, watch=watch))
    assert ended.phase in ENDS
    for name, live in world.services.items():
        good = ended.phase is Phase.SUCCEEDED
        if name in existing:
            assert live.serving == (f"{name}-new" if good else f"{name}-old")
            assert not live.tag_url("c-new")
            assert not live.tags_wanted
    if ended.phase is not Phase.SUCCEEDED:
        assert ended.failure is not None
        assert ended.failure.reason


@settings(deadline=None, max_examples=100)
@given(faults=FAULTS, steps=st.sets(st.integers(1, 99), max_size=4))
def test_shares_are_the_plans_steps_and_never_rise_after_a_verdict_against(
    faults: Faults, steps: set[int]
) -> None:
    plan = (*sorted(steps), 100)
    world = World(faults).with_stable("ai", "api")
    world.play(deployment(AI, API, steps=plan))
    for name in ("ai", "api"):
        seen = shares(world, name)
        assert set(seen) <= {0, *plan}
        if 0 in seen:
            assert not any(seen[seen.index(0) :])


@settings(deadline=None, max_examples=100)
@given(faults=FAULTS, existing=NAMES, data=st.data())
def test_looking_twice_never_does_anything_twice(
    faults: Faults, existing: set[str], data: st.DataObject
) -> None:
    """A doubled message is one more look at the same world."""
    once = World(Faults(**vars(faults))).with_stable(*existing)
    expected = once.play(deployment(AI, API))
    world = World(Faults(**vars(faults))).with_stable(*existing)
    going = deployment(AI, API)
    for _ in range(400):
        if going.phase in ENDS:
            break
        going = world.look(going)
        if data.draw(st.booleans()):
            going = world.look(going)
        world.now = max(world.now, going.wake_at or world.now)
    assert going.phase is expected.phase
    builds = [a.service for a in world.actions if isinstance(a, StartBuild)]
    assert len(builds) == len(set(builds))


@given(faults=FAULTS)
def test_an_ended_deployment_absorbs_whatever_comes(faults: Faults) -> None:
    world = World(faults).with_stable("ai")
    ended = world.play(deployment(AI))
    again = table.step(ended, world.seen(ended), world.now)
    assert again.deployment == ended
    assert again.actions == ()


def test_every_phase_but_the_ends_leads_on_and_the_ends_lead_nowhere() -> None:
    assert set(table.TRANSITIONS) == set(Phase)
    for phase, onward in table.TRANSITIONS.items():
        assert bool(onward) != (phase in ENDS)
