"""Which windows can be judged by now, and which ones are still waited for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.core import verdict
from bot.core.evidence import Counts, Window
from bot.core.verdict.arrival import PATIENCE, PATIENCE_ALONE, arrived

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CANARY, STABLE = Counts(60), Counts(540)
USUAL = 600.0


def windows(told: str, share: int = 10) -> list[Window]:
    """Return one window per letter: both answer, canary or stable alone, or nobody (`-`)."""
    return [
        Window(
            start=START + number * MINUTE,
            end=START + (number + 1) * MINUTE,
            share=share,
            canary=CANARY if letter in "bc" else None,
            stable=STABLE if letter in "bs" else None,
        )
        for number, letter in enumerate(told)
    ]


def come(told: str, due: float = USUAL, *, share: int = 10, later: int = 0) -> int:
    """Return how many of these windows can be judged, some minutes after the last."""
    newest = START + (len(told) + later) * MINUTE
    return len(arrived((windows(told, share), newest), due, MINUTE).windows)


def test_what_has_a_series_can_be_judged() -> None:
    assert come("bbb") == 3


def test_a_window_without_a_series_is_waited_for_where_requests_were_due() -> None:
    assert come("bb-") == 2
    assert come("bb-b") == 2
    assert arrived((windows("--"), START + 2 * MINUTE), USUAL, MINUTE).missing == 0
    assert arrived((windows("---"), START + 3 * MINUTE), USUAL, MINUTE).missing == 3 * USUAL
    assert arrived((windows("b--"), START + 3 * MINUTE), USUAL, MINUTE).missing == 0


def test_later_windows_with_a_series_prove_that_it_was_empty() -> None:
    assert come("b-bb") == 4


def test_so_is_one_without_stable_and_later_ones_of_the_canary_prove_nothing() -> None:
    assert come("bccc") == 1
    assert come("bcbb") == 4


def test_a_silent_canary_beside_stable_is_no_missing_window() -> None:
    assert come("sss") == 3


def test_where_nobody_calls_at_this_time_a_window_without_a_series_is_empty() -> None:
    assert come("---", due=0.5) == 3


def test_it_is_not_waited_for_for_ever() -> None:
    assert come("--", later=PATIENCE - 1) == 1
    assert come("--", later=PATIENCE) == 2
    assert come("--", share=100, later=PATIENCE_ALONE - 2) == 0
    assert come("--", share=100, later=PATIENCE_ALONE - 1) == 2


def due(*hours: int) -> float:
    """Return what is due after a day with so many requests a minute in each hour."""
    return verdict.summary([Counts(number) for number in hours for _ in range(60)]).due


def test_what_is_due_is_what_came_in_the_last_hour_or_a_day_ago_at_this_time() -> None:
    assert due(*[0] * 23, 30) == 30
    assert due(40, *[0] * 22, 30) == 40
    assert due(0, *[50] * 22, 0) == 0
    assert due(40, 40, 10) == 10
