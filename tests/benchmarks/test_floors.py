"""Floors and intervals are those that were published."""

from __future__ import annotations

from statistics import median

import pytest

from benchmarks.rollouts.floors import Oracle, wald
from benchmarks.rollouts.interval import at_least, at_most, interval
from benchmarks.rollouts.play import play
from benchmarks.rollouts.scenarios import SCENARIOS
from bot.core.evidence import Outcome


@pytest.mark.parametrize(
    ("name", "floor"),
    [
        ("bad-0.1%-to-0.5%-100rps", 5.3),
        ("bad-0.1%-to-0.5%-10rps", 4.6),
        ("bad-0.1%-to-2%-1rps", 2.2),
        ("bad-0.1%-to-2%-100rps", 5.6),
        ("bad-0.1%-to-50%-0.1rps", 0.9),
        ("bad-0.1%-to-50%-1000rps", 1198),
        ("bad-2%-to-4%-10rps", 12),
        ("bad-slow-0.3%-to-3%-10rps", 3.4),
    ],
)
def test_walds_floor(name: str, floor: float) -> None:
    assert wald(SCENARIOS[name]) == pytest.approx(floor, rel=0.03)


def test_what_changes_in_time_has_no_such_floor() -> None:
    assert wald(SCENARIOS["bad-leak-to-10%-over-60-from-0-10rps"]) is None


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("bad-0.1%-to-2%-10rps", 4.4),
        ("bad-2%-to-4%-10rps", 14.4),
        ("bad-0.1%-to-50%-10rps", 59.9),
        ("bad-leak-to-10%-over-60-from-30-10rps", 21.1),
    ],
)
def test_the_oracle_does_as_little_harm_as_one_who_knows(name: str, harm: float) -> None:
    scenario = SCENARIOS[name]
    plays = [play(Oracle(scenario), scenario, 1, number) for number in range(60)]

    assert {one.outcome for one in plays} == {Outcome.ROLLED_BACK}
    assert median(one.harm for one in plays) == pytest.approx(harm, rel=0.3)


@pytest.mark.parametrize(("rps", "minutes"), [("0.1", 39), ("1", 39), ("10", 33), ("100", 20)])
def test_the_oracle_is_in_no_hurry_and_no_doubt_about_a_good_release(
    rps: str, minutes: int
) -> None:
    scenario = SCENARIOS[f"good-0.1%-{rps}rps"]
    played = play(Oracle(scenario), scenario, 1, 0)

    assert (played.outcome, played.full, played.ended) == (Outcome.PROMOTED, minutes, minutes + 60)


def test_the_interval_of_clopper_and_pearson() -> None:
    assert interval(5, 10, 0.95) == pytest.approx((0.18709, 0.81291), abs=1e-5)
    assert interval(0, 2000) == pytest.approx((0, 1 - 0.005 ** (1 / 2000)), abs=1e-9)
    assert interval(20, 20)[1] == 1


def test_the_ends_of_the_interval_leave_half_a_percent_each() -> None:
    low, high = interval(33, 2000)

    assert at_least(33, 2000, low) == pytest.approx(0.005)
    assert at_most(33, 2000, high) == pytest.approx(0.005)
