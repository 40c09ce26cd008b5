"""Who asks without end: heard with a say, left alone without one, and for an hour only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.guest import HOUR, LOOK_EVERY, MOST, Guest
from bot.core.reasons import Reason
from bot.engine.receive import receive
from bot.ports import Write
from tests.engine.staged import COMMENT, NOON

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
