"""What a day of stable's windows says about its noise."""

from __future__ import annotations

from bot.core.evidence import Counts, Metric, Past
from bot.core.verdict import summary


def past(*errors: int) -> Past:
    return summary([Counts(600, some) for some in errors]).past(Metric.ERRORS)


def test_bursts_are_known_to_last() -> None:
    often = ([10] * 223 + [40] * 17) * 6
    assert past(*often).noise > 0.3
    assert past(*often).persistence > 10


def test_noise_of_single_windows_lasts_for_one() -> None:
    jumping = [2, 25, 7, 18, 3, 12, 30, 0] * 180
    assert past(*jumping).noise > 0.5
    assert past(*jumping).persistence == 1.0


def test_a_window_whose_counts_cannot_be_says_nothing() -> None:
    day = [Counts(600, 3)] * 60
    strange = [Counts(-1), Counts(5, 7), Counts(5, logged=-1), Counts(600, -3)]
    assert summary([*day, *strange]) == summary([*day, *[Counts()] * len(strange)])
    assert not summary([Counts(-1)]).requests
