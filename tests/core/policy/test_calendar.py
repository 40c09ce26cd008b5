"""Windows and freezes, by people's own clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.gates import Freeze, Window
from bot.core.policy import judge
from tests.core.policy.facts import NAMED, facts, judged

OFFICE = Window(days="mon-fri", hours="09:00-17:00", zone="Asia/Seoul")
NIGHT = Window(days="fri", hours="22:00-02:00")
BERLIN = Window(hours="02:00-03:00", zone="Europe/Berlin")
LEAP = Window(days="sat-mon,wed", hours="00:00-24:00")
HOLIDAYS = Freeze(starts="2026-12-20", ends="2027-01-03", zone="Asia/Seoul", why="holidays")
EVENING = Freeze(starts="2026-11-27T18:00", ends="2026-11-27T20:30")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "now", "open_"),
    [
        (OFFICE, "2026-11-26T00:00", True),  # Thursday, 09:00 in Seoul
        (OFFICE, "2026-11-25T23:59:59", False),
        (OFFICE, "2026-11-26T07:59:59", True),
        (OFFICE, "2026-11-26T08:00", False),
        (OFFICE, "2026-11-27T23:30", False),  # Saturday, 08:30 in Seoul
        (OFFICE, "2026-11-30T00:30", True),  # Monday
        (NIGHT, "2026-11-27T21:59", False),
        (NIGHT, "2026-11-27T22:00", True),
        (NIGHT, "2026-11-28T01:59", True),  # still Friday's
        (NIGHT, "2026-11-28T02:00", False),
        (NIGHT, "2026-11-27T01:00", False),  # would be Thursday's
        (BERLIN, "2026-03-29T00:30", False),  # 01:30; 02:00 to 03:00 does not exist that day
        (BERLIN, "2026-03-29T01:00", False),  # 03:00
        (BERLIN, "2026-10-25T00:30", True),  # 02:30, the first time
        (BERLIN, "2026-10-25T01:30", True),  # 02:30, the second time
        (LEAP, "2026-11-29T12:00", True),
        (LEAP, "2026-11-26T12:00", False),
    ],
)
def test_a_window(window: Window, now: str, open_: bool) -> None:  # noqa: FBT001  # a column of the table
    expected = [] if open_ else ["outside_windows"]
    moment = at(now)
    assert judged({"windows": (window,)}, now=moment, asked_at=moment, target=NAMED) == expected


@pytest.mark.parametrize(
    ("freeze", "now", "frozen"),
    [
        (HOLIDAYS, "2026-12-19T14:59", False),
        (HOLIDAYS, "2026-12-19T15:00", True),  # midnight in Seoul
        (HOLIDAYS, "2027-01-03T14:59", True),
        (HOLIDAYS, "2027-01-03T15:00", False),
        (EVENING, "2026-11-27T17:59", False),
        (EVENING, "2026-11-27T18:00", True),
        (EVENING, "2026-11-27T20:30", False),
    ],
)
def test_a_freeze(freeze: Freeze, now: str, frozen: bool) -> None:  # noqa: FBT001  # as above
    moment = at(now)
    expected = ["frozen"] if frozen else []
    assert judged({"freezes": (freeze,)}, now=moment, asked_at=moment, target=NAMED) == expected


@pytest.mark.parametrize(
    ("role", "more", "expected"),
    [
        ("admin", {}, ["frozen"]),
        ("admin", {"override": True, "why": "an outage"}, []),
        ("maintain", {"override": True, "why": "an outage"}, ["override_denied"]),
        ("write", {"override": True, "why": "an outage", "in_team": True}, ["override_denied"]),
    ],
)
def test_only_admins_override(role: str, more: dict[str, Any], expected: list[str]) -> None:
    moment = at("2026-12-24T12:00")
    found = facts({"freezes": (HOLIDAYS,)}, role=role, now=moment, asked_at=moment, **more)
    judgement = judge(found)
    assert [one.code.value for one in judgement.refusals] == expected
    if not expected:
        (note,) = judgement.notes
        assert note == (
            "`qa` is frozen until 2027-01-04 00:00 Asia/Seoul (holidays); "
            "overridden by @writer: an outage"
        )
