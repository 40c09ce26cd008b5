"""The world is seeded, late to show, and as unsteady as it is told to be."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean, variance
from typing import TYPE_CHECKING

import pytest

from benchmarks.rollouts.faults import Broken
from benchmarks.rollouts.play import LAG, play
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.world import WATCH, day_before
from bot.core.evidence import Counts, Outcome
from tests.benchmarks.watching import Catching, Fixed, asked

if TYPE_CHECKING:
    from benchmarks.rollouts.scenario import Scenario

PLAIN = SCENARIOS["good-0.1%-10rps"]


def told(scenario: Scenario, *weights: int, minutes: int = 100) -> list[tuple[Counts, Counts]]:
    rule = Fixed(*weights, minutes=minutes)
    play(rule, scenario, seed=1, repetition=0)
    return rule.minutes


def spread(history: tuple[Counts, ...]) -> float:
    """The squared coefficient of variation beyond that of counting, of the errors a minute."""
    errors = [one.errors_5xx for one in history]
    return (variance(errors) - fmean(errors)) / fmean(errors) ** 2


def test_the_same_seed_plays_the_same_day() -> None:
    first, second = Fixed(5), Fixed(5)
    assert play(first, PLAIN, 1, 0) == play(second, PLAIN, 1, 0)
    assert first.told == second.told
    assert day_before(PLAIN, 1, 0) == day_before(PLAIN, 1, 0)


@pytest.mark.parametrize(("seed", "repetition"), [(2, 0), (1, 1)])
def test_another_seed_or_repetition_plays_another(seed: int, repetition: int) -> None:
    first, other = Fixed(5), Fixed(5)
    play(first, PLAIN, 1, 0)
    play(other, PLAIN, seed, repetition)

    assert first.told != other.told
    assert day_before(PLAIN, 1, 0) != day_before(PLAIN, seed, repetition)


def test_the_first_minute_shows_when_it_is_three_minutes_old() -> None:
    rule = Fixed(5)
    play(rule, PLAIN, 1, 0)

    assert rule.told[:LAG] == [(None, None)] * LAG
    assert all(canary is not None for canary, _ in rule.told[LAG:])


def test_a_weight_holds_from_the_next_minute_and_shows_in_its_counts() -> None:
    minutes = told(PLAIN, *[0] * 5, *[50] * 5, 100)

    assert [asked(canary) for canary, _ in minutes[:5]] == [0] * 5
    assert all(200 < asked(canary) < 400 for canary, _ in minutes[5:10])
    assert [asked(stable) for _, stable in minutes[10:]] == [0] * len(minutes[10:])


def test_after_an_outage_of_the_metrics_no_minute_is_missing() -> None:
    dark = SCENARIOS["good-metrics-outage-15min-10rps"]
    rule = Fixed(*[0] * 9, 50)
    play(rule, dark, 1, 0)

    blind = [number for number, (canary, _) in enumerate(rule.told) if canary is None]
    assert len(blind) == LAG + 15
    assert [asked(canary) > 0 for canary, _ in rule.minutes[:12]] == [False] * 9 + [True] * 3


def test_who_can_take_it_is_told_at_once_what_was_missed() -> None:
    dark = SCENARIOS["good-metrics-outage-15min-10rps"]
    slow, quick = Fixed(*[0] * 9, 50), Catching(*[0] * 9, 50)
    play(slow, dark, 1, 0)
    play(quick, dark, 1, 0)

    assert quick.told[23] == (None, None) != quick.told[24]
    assert len(quick.seen) == len(slow.minutes) + 15
    assert quick.seen[: len(slow.minutes)] == slow.minutes


def test_harm_is_what_the_fault_adds_to_the_requests_of_the_canary() -> None:
    broken = replace(PLAIN, bad=True, fault=Broken(errors=0.5))
    rule = Fixed(10, minutes=40)
    played = play(rule, broken, 1, 0)

    seen = sum(asked(canary) for canary, _ in rule.minutes)
    assert played.harm - seen / 2 == pytest.approx((3 * 60 + WATCH * 600) / 2, rel=0.02)


def test_what_is_promoted_goes_on_doing_harm_for_an_hour() -> None:
    broken = replace(PLAIN, bad=True, fault=Broken(errors=0.5))
    at_once = play(Fixed(100, minutes=1), broken, 1, 0)
    watched = play(Fixed(100, minutes=WATCH), broken, 1, 0)

    assert at_once.harm == watched.harm > 0
    assert at_once.outcome is Outcome.PROMOTED


@pytest.mark.parametrize("name", ["good-0.1%-10rps", "bad-0.1%-to-2%-10rps"])
def test_who_promotes_below_100_percent_is_there_with_the_next_minute(name: str) -> None:
    played = play(Fixed(50, minutes=30), SCENARIOS[name], 1, 0)

    assert (played.outcome, played.full) == (Outcome.PROMOTED, 30)


def test_time_is_up_after_six_hours() -> None:
    played = play(Fixed(50, minutes=10_000), PLAIN, 1, 0)

    assert (played.outcome, played.ended, played.full) == (None, 360, None)


def test_cold_starts_and_shared_outages_are_seen_but_do_no_harm() -> None:
    cold = Fixed(50)
    assert play(cold, SCENARIOS["good-cold-start-5%-100rps"], 1, 0).harm == 0
    assert [one.errors_5xx > 100 for one, _ in cold.minutes[:4]] == [True] * 3 + [False]
    shared = Fixed(50)
    assert play(shared, SCENARIOS["good-outage-in-ramp-100rps"], 1, 0).harm == 0
    assert [n for n, (_, stable) in enumerate(shared.minutes) if stable.errors_5xx > 500] == [
        *range(8, 13)
    ]


def test_traffic_ends_for_both() -> None:
    minutes = told(SCENARIOS["good-traffic-ends-10rps"], 50)

    assert [asked(one) + asked(other) > 0 for one, other in minutes[:12]] == [True] * 10 + [
        False
    ] * 2


@pytest.mark.parametrize("cv2", [0.25, 1, 4])
def test_the_day_before_shows_the_noise_unless_it_is_hidden(cv2: float) -> None:
    shown = SCENARIOS[f"good-noise-{cv2:g}-2%-100rps"]

    days = [day_before(shown, 1, repetition) for repetition in range(8)]
    assert fmean(map(spread, days)) == pytest.approx(cv2, rel=0.15)
    quiet = day_before(replace(shown, hidden=True), 1, 0)
    assert spread(quiet) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("name", [name for name, one in SCENARIOS.items() if not one.bad])
def test_the_day_before_fails_as_often_as_the_name_says(name: str) -> None:
    scenario = SCENARIOS[name]
    days = [one for repetition in range(4) for one in day_before(scenario, 1, repetition)]

    failed = sum(one.errors_5xx for one in days) / sum(one.requests for one in days)
    assert failed == pytest.approx(scenario.errors, rel=0.6 if "spells" in name else 0.3)


def test_errors_of_sticky_clients_come_in_clumps() -> None:
    days = [day_before(SCENARIOS["good-sticky-0.5%-10rps"], 1, number) for number in range(4)]

    assert fmean(map(spread, days)) > 0.05


def test_sticky_clients_follow_a_new_weight_slowly() -> None:
    minutes = told(SCENARIOS["good-sticky-0.5%-100rps"], 50)
    shares = [one.requests / (one.requests + other.requests) for one, other in minutes]

    assert shares[0] < 0.2 < shares[2] < shares[4]
    assert shares[40] == pytest.approx(0.5, abs=0.05)


def test_errors_never_outnumber_requests() -> None:
    for name in ("bad-0.1%-to-100%-0.1rps", "good-noise-4-2%-10rps", "good-sticky-0.5%-10rps"):
        for one, other in told(SCENARIOS[name], 50):
            assert all(0 <= side.errors_5xx <= side.requests for side in (one, other))
