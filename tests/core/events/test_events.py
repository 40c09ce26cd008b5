"""What crosses the topic, and what does not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import events

LOOK = events.Look(environment="7/prod")


def test_what_is_written_is_read() -> None:
    assert events.decode(events.encode(LOOK)) == LOOK


def test_a_later_versions_message_is_not_thrown_away() -> None:
    later = msgspec.json.encode({"type": "look", "version": events.VERSION + 1, "new": True})
    with pytest.raises(events.Newer):
        events.decode(later)


@given(st.binary() | st.text().map(str.encode))
def test_what_nobody_of_us_wrote_is_nothing(data: bytes) -> None:
    assert events.decode(data) is None


def test_unknown_members_and_kinds_are_nothing() -> None:
    for strange in ({"type": "look", "version": 1, "else": 1}, {"type": "party", "version": 1}):
        assert events.decode(msgspec.json.encode(strange)) is None
