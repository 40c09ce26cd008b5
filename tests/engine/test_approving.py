"""A second person's word: whose it is, and which commit it is about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import events
from bot.core.github import CheckState
from bot.core.model import AskState
from bot.core.reasons import Reason
from bot.engine.receive import receive, tick
from tests.engine.staged import COMMENT, HEAD, MAIN, MANIFEST, NOON, PLACE, PULL, PUSH, SEEN, TWO

if TYPE_CHECKING:
    from tests.engine.staged import Stage


def test_a_push_is_approved_by_the_commit_that_waits(stage: Stage) -> None:
    gated = stage.github.manifest.replace("on_push: main, gates: {checks: [ci]}", TWO)
    stage.github.manifest = gated
    receive(stage.world, PUSH)
    stage.hand_on()
    waits = stage.github.runs[0]
    assert (waits.name, waits.conclusion) == ("deploy / auto", "action_required")
    assert (waits.title, waits.buttons[0].identifier) == ("Waits for a second person", "approve")
    stage.now += timedelta(minutes=1)
    word = {"lines": (f"/approve auto {MAIN[:7]}",), "created_at": stage.now}
    for place, who in enumerate(("writer", "owner")):
        receive(stage.world, replace(COMMENT, comment_id=200 + place, actor=who, **word))
        stage.hand_on()
        expected = AskState.NEW if who == "writer" else AskState.REFUSED
        assert stage.ask("7/push/d-1").state is expected
    assert "@writer asked for" in stage.github.comments[0]
    assert f"`{MAIN[:7]}` is approved for `auto`" in stage.github.comments[1]
    assert stage.github.runs[0].conclusion == "action_required"
    assert "cloudbuild.yaml" in stage.github.runs[1].summary
    assert (stage.github.runs[1].name, stage.github.runs[1].conclusion) == (waits.name, "failure")


def test_a_wait_for_a_second_person_and_for_checks_shows_what_is_left(stage: Stage) -> None:
    stage.github.manifest = MANIFEST.replace(
        "main, gates: {checks", "main, gates: {two_person: true, checks"
    )
    stage.github.lost = True
    receive(stage.world, PUSH)
    stage.now += timedelta(minutes=3)
    tick(stage.world)
    stage.hand_on()
    assert [run.conclusion for run in stage.github.runs] == ["action_required"]
    button = {"sha": MAIN, "environment": "auto", "verb": "approve", "received_at": stage.now}
    for who in ("writer", "owner"):
        receive(
            stage.world, events.CheckPressed(repository=PLACE, delivery=who, actor=who, **button)
        )
        stage.hand_on()
    own, queued = stage.github.runs[1:]
    assert "@writer asked for" in own.summary
    assert (queued.status, queued.title) == ("queued", "Waiting: checks_running")
    assert queued.external_id != stage.github.runs[0].external_id
    stage.github.state = CheckState.PASSED
    receive(stage.world, events.ChecksChanged(repository=PLACE, sha=MAIN))
    assert stage.github.runs[2].status == "completed"


def test_an_approval_means_no_commit_that_only_begins_like_another(stage: Stage) -> None:
    twin = HEAD[:7] + "d" * 33
    stage.github.manifest = MANIFEST.replace("checks: [ci], when_green: wait", "two_person: true")
    receive(stage.world, replace(SEEN, sha=twin, received_at=NOON - timedelta(minutes=9)))
    receive(stage.world, replace(COMMENT, lines=(f"/deploy patient {twin}",)))
    stage.now += timedelta(minutes=1)
    word = {"actor": "owner", "created_at": stage.now}
    short = replace(COMMENT, comment_id=200, lines=(f"/approve patient {HEAD[:7]}",), **word)
    receive(stage.world, short)
    assert stage.ask("7/200/0").reasons == (Reason.NOTHING_TO_APPROVE,)
    assert f"`/approve patient {twin}`" in stage.github.comments[1]
    assert stage.ask("7/100/0").state is AskState.NEW
    receive(stage.world, replace(short, comment_id=201, lines=(f"/approve patient {twin}",)))
    stage.hand_on()
    assert stage.ask("7/100/0").state is AskState.REFUSED


def test_what_is_no_commit_is_approved_on_no_pull_request(stage: Stage) -> None:
    stage.github.manifest = MANIFEST.replace("checks: [ci], when_green: wait", "two_person: true")
    stage.github.pull = replace(PULL, state="closed")
    receive(stage.world, replace(COMMENT, lines=("/approve patient deadbee",), actor="owner"))
    assert stage.ask("7/100/0").reasons == (Reason.COMMIT_UNKNOWN,)
