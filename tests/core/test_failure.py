"""Why something failed, as people read it."""

from __future__ import annotations

from bot.core.failure import MOST_LINES, told_once


def test_lines_that_repeat_are_told_once_with_how_often() -> None:
    trace = ("ERROR no such table: visits", "  at query (app.js:7)")
    assert told_once((*trace, "listening", *trace, *trace)) == (
        "ERROR no such table: visits (3 times)",
        "  at query (app.js:7) (3 times)",
        "listening",
    )


def test_the_last_of_too_many_are_kept() -> None:
    assert told_once(str(number) for number in range(100)) == tuple(
        str(number) for number in range(100 - MOST_LINES, 100)
    )
