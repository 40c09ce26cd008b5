"""Services that others made: what they ran before is a release to return to, by traffic alone."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.core.action import Shift
from bot.core.control import Control, Verb
from bot.core.deployment import Deployment, FailureCode, Phase
from bot.core.environment import activated, enqueued, settled
from bot.core.model import Environment, Release, ReleasedService
from bot.core.releases import earlier, of_release
from bot.core.report import deployment as words
from bot.core.report.deployment import details
from bot.core.report.phrases import title
from bot.core.report.status import Seen, status
from bot.core.restoration import Return, restoration
from bot.core.rollout.controls import controlled
from bot.core.sight import RevisionSeen
from bot.core.tags import wanted
from tests.core.rollout.simulated import START, World, deployment, service_plan
from tests.core.rollout.test_restoring import asking, going, place

AI, API = service_plan("ai"), service_plan("api")
THEIRS = "sha256:theirs"


def met(*names: str) -> World:
    """A world where others made these services."""
    world = World().with_stable(*names)
    for name in names:
        made = RevisionSeen(name=f"{name}-old", ready=True, image=f"elsewhere/{name}@{THEIRS}")
        world.services[name] = replace(world.services[name], revisions={made.name: made})
    return world


def after(there: Environment, ended: Deployment) -> Environment:
    """The environment once a deployment has ended."""
    return settled(activated(enqueued(there, ended.id), ended), ended)


def back(there: Environment, adopter: Deployment) -> Deployment:
    """A rollback of what the adopter deployed."""
    target = going(there, "")
    assert there.live is not None
    wish = Return(
        release=target,
        away_from=of_release(there.live, target, START),
        plan=adopter.plan,
        trusted_sha="b" * 40,
        command="/rollback prod",
        makers=dict.fromkeys(target.services, adopter),
    )
    return restoration(asking(), wish, adopter.sampling, START)


def test_what_was_adopted_gets_its_traffic_back_and_no_commit_is_said_to_run() -> None:
    world = met("ai")
    adopter = world.play(deployment(AI))
    there = after(place(), adopter)
    (before,) = there.past
    assert (before.sha, before.services["ai"].revision) == ("", "ai-old")
    assert before.services["ai"].digest == THEIRS
    world.actions.clear()
    ended = world.play(back(there, adopter))
    assert ended.phase is Phase.SUCCEEDED
    assert world.services["ai"].serving == "ai-old"
    assert [type(action) for action in world.actions] == [Shift]
    assert title(ended, 0) == "Rolled back to what others had deployed"
    assert "traffic goes back to `ai-old`." in details(ended, 0)
    assert words.status(ended) is None
    assert ended.sha == adopter.sha
    runs = after(there, ended)
    assert runs.lock is not None
    assert runs.lock.rolled_back == adopter.sha
    assert "| what others had deployed since " in status([Seen(name="prod", place=runs)], START)
    assert wanted(ended, runs) == ()
    assert not isinstance(earlier(runs, ""), Release)


def test_what_was_adopted_and_deleted_since_cannot_be_made_again() -> None:
    world = met("ai")
    adopter = world.play(deployment(AI))
    live = world.services["ai"]
    kept = {name: one for name, one in live.revisions.items() if name != "ai-old"}
    world.services["ai"] = replace(live, revisions=kept)
    ended = world.play(back(after(place(), adopter), adopter))
    assert ended.phase is Phase.FAILED
    assert ended.failure is not None
    assert ended.failure.code is FailureCode.REJECTED
    said = details(ended, 0)
    assert "What prod ran before, ai-old, was not deployed from here and is deleted" in said
    assert "Traffic was not touched." in said
    assert world.services["ai"].traffic == live.traffic


def test_a_service_adopted_later_belongs_to_the_release_before() -> None:
    world = met("api")
    there = place("a", "b", services=("ai",))
    assert there.live is not None
    then = after(there, world.play(deployment(API)))
    before = going(then, "")
    assert before.sha == there.live.sha
    assert before.services == {
        **there.live.services,
        "api": ReleasedService(
            revision="api-old",
            digest=THEIRS,
            settings_hash="",
            sha="",
            deployment="d1",
            adopted=True,
        ),
    }


def test_only_a_service_that_is_not_on_record_is_adopted() -> None:
    there = place("a", services=("ai",))
    assert after(there, met("ai").play(deployment(AI))).past == (there.live,)


def test_an_abort_in_the_watch_leaves_what_was_adopted_live() -> None:
    world = met("ai")
    watched = deployment(AI, watch=60)
    while watched.phase is not Phase.WATCHING:
        watched = world.look(watched)
        world.now = max(world.now + timedelta(seconds=0.2), watched.wake_at or world.now)
    there = after(place(), watched)
    aborted = controlled(watched, Control(verb=Verb.ABORT, by="owner"), world.now)
    assert isinstance(aborted, Deployment)
    runs = settled(there, world.play(aborted))
    assert runs.live == there.past[0]
    row = status([Seen(name="prod", place=runs)], START)
    assert "| what others had deployed since 2026-01-05 12:00 UTC (100 %) |" in row
