"""Who asks without end: heard with a say, left alone without one, and for an hour only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.guest import HOUR, LOOK_EVERY, MOST, Guest
from bot.core.reasons import Reason
from bot.engine.receive import receive, tick
from bot.engine.rules import rules_at
from bot.ports import Write
from tests.engine.staged import COMMENT, MANIFEST, NOON, PLACE, SEEN

if TYPE_CHECKING:
    from tests.engine.staged import Stage


def asked(stage: Stage, number: int, actor: str = "somebody") -> tuple[bool | None, str]:
    """Whether a new comment was heard, and why it was refused."""
    comment = replace(COMMENT, comment_id=number, actor=actor, lines=("/status",))
    receive(stage.world, replace(comment, created_at=stage.now))
    stage.hand_on()
    ask = stage.ask(f"7/{number}/0")
    return ask.heard, ",".join(ask.reasons)


@pytest.fixture
def often(stage: Stage) -> Stage:
    """Somebody has asked for all but one of the things that are heard within the hour."""
    guest = Guest(key="7/somebody", since=NOON, lines=MOST - 1)
    stage.store.commit(Write(guest, 0))
    return stage


def test_somebody_without_a_say_is_told_once_and_then_left_alone(often: Stage) -> None:
    stage = often
    stage.github.role = "read"
    assert asked(stage, 1) == (True, "")
    assert asked(stage, 100) == (None, Reason.ASKED_TOO_OFTEN)
    assert "Until 13:00 UTC" in stage.github.comments[-1]
    said = len(stage.github.comments)
    assert asked(stage, 101) == (False, "")
    stage.now += LOOK_EVERY
    assert asked(stage, 102) == (False, "")
    assert len(stage.github.comments) == said
    assert asked(stage, 103, "another") == (True, "")

    stage.github.role = "triage"
    assert asked(stage, 104) == (False, ""), "looked at within the minute"
    stage.now += LOOK_EVERY
    assert asked(stage, 105) == (True, "")


def test_after_an_hour_everybody_is_heard_again(often: Stage) -> None:
    stage = often
    stage.github.role = "none"
    assert [asked(stage, number)[0] for number in range(1, 4)] == [True, None, False]
    stage.now = NOON + HOUR - timedelta(seconds=1)
    assert asked(stage, 200) == (False, "")
    stage.now = NOON + HOUR
    assert asked(stage, 201) == (True, "")


def test_somebody_with_a_say_notices_nothing(often: Stage) -> None:
    assert {asked(often, number) for number in range(1, 6)} == {(True, "")}


def asking_for_checks(stage: Stage) -> Stage:
    """The stage once a merge asks for a check."""
    stage.github.manifest = MANIFEST.replace("patient: {", "patient: {required: true, ")
    rules_at(stage.world, PLACE, "main")
    stage.hand_on()
    stage.github.runs.clear()
    return stage


def pushed(stage: Stage, number: int) -> str:
    """A new head of a stranger's pull request; returns its commit."""
    stage.now += timedelta(seconds=1)
    sha = f"{number:040x}"
    seen = replace(SEEN, number=13, sha=sha, by="somebody", received_at=stage.now)
    receive(stage.world, seen)
    stage.hand_on()
    return sha


def test_somebody_who_pushes_without_end_uses_up_nothing(often: Stage) -> None:
    """Each head of a pull request costs requests where a merge asks for a check."""
    stage = asking_for_checks(often)
    stage.github.role = "read"
    first = pushed(stage, 1)
    later = [pushed(stage, number) for number in range(2, 9)]
    assert [run.sha for run in stage.github.runs] == [first]

    stage.now += timedelta(minutes=10)
    tick(stage.world)
    stage.hand_on()
    assert [run.sha for run in stage.github.runs] == [first, later[-1]]


def test_whoever_has_a_say_may_push_as_often_as_they_like(often: Stage) -> None:
    stage = asking_for_checks(often)
    heads = [pushed(stage, number) for number in range(1, 5)]
    assert [run.sha for run in stage.github.runs] == heads
