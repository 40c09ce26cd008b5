"""What the evidence says, window by window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec import json
from msgspec.structs import replace

from bot.core import verdict
from bot.core.evidence import Counts, Evidence, Finding, Metric, VerdictConfig, Window
from bot.core.verdict import words

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = tuple(Counts(600, number % 3, 6, 2) for number in range(1440))
CONFIG = VerdictConfig(history=verdict.summary(DAY))
GOOD, STABLE = Counts(60, 0, 1, 0), Counts(540, 1, 6, 2)


def window(
    minute: int, canary: Counts | None = GOOD, stable: Counts | None = STABLE, share: int = 10
) -> Window:
    start = START + minute * MINUTE
    return Window(start=start, end=start + MINUTE, share=share, canary=canary, stable=stable)


def gathered(*windows: Window, config: VerdictConfig = CONFIG) -> Evidence:
    evidence = Evidence()
    for each in windows:
        evidence = verdict.update(evidence, each, config)
    return evidence


def found(*windows: Window, config: VerdictConfig = CONFIG) -> Finding:
    return verdict.read(gathered(*windows, config=config), config).finding


def test_a_good_canary_stays_clear_however_often_one_looks() -> None:
    windows = [window(minute) for minute in range(240)]
    for seen in (1, 10, 60, 240):
        assert found(*windows[:seen]) is Finding.CLEAR


def test_half_of_all_requests_failing_shows_in_the_very_first_window() -> None:
    assert found(window(0, Counts(60, 30))) is Finding.BROKEN


def test_twenty_requests_are_enough_for_that() -> None:
    assert found(window(0, Counts(20, 10))) is Finding.BROKEN


def test_five_percent_while_instances_start_cold_condemn_nobody() -> None:
    cold = [window(minute, Counts(60, 3)) for minute in range(3)]
    assert found(*cold, *(window(minute) for minute in range(3, 30))) is Finding.CLEAR


def test_five_percent_afterwards_are_worse_and_the_numbers_say_how_much() -> None:
    bad = [window(minute, Counts(60, 3)) for minute in range(12)]
    read = verdict.read(gathered(*bad), CONFIG)
    assert read.finding is Finding.WORSE
    assert (read.canary.errors_5xx, read.canary.requests) == (36, 720)
    assert read.ratio > read.at_least > 1
    said = verdict.reason(read)
    assert said.startswith("canary 36/720 against stable 12/6 480 server errors: 27 times as")
    assert "(at least " in said
    assert said.endswith(" : 1")


@pytest.mark.parametrize(("failed", "least"), [(1, 0.0), (5, 1.0), (9, 3.0), (30, 13.0)])
def test_the_bound_is_of_use_where_stable_never_fails(failed: int, least: float) -> None:
    ratio, at_least = words.ratios(Counts(30, failed), Counts(120), Metric.ERRORS)
    assert least < at_least < ratio


def test_an_outage_that_both_share_condemns_nobody() -> None:
    shared = [window(minute, Counts(60, 20), Counts(540, 180)) for minute in range(8, 13)]
    assert found(*(window(minute) for minute in range(8)), *shared) is Finding.CLEAR


def test_slow_answers_count_and_say_so() -> None:
    read = verdict.read(gathered(*(window(m, Counts(60, 0, 1, 4)) for m in range(15))), CONFIG)
    assert (read.finding, read.metric) == (Finding.WORSE, Metric.SLOW)


def test_client_errors_have_a_margin_of_their_own() -> None:
    half_more = [window(m, Counts(600, 0, 9, 2), Counts(5400, 5, 54, 18)) for m in range(60)]
    assert found(*half_more) is Finding.CLEAR
    broken_login = [window(m, Counts(60, 0, 30, 0)) for m in range(12)]
    assert found(*broken_login) is Finding.WORSE


def test_error_lines_count_where_they_are_asked_for_with_a_wide_margin() -> None:
    asked = replace(CONFIG, error_logs=True)
    logging = [window(m, replace(GOOD, logged=6), replace(STABLE, logged=2)) for m in range(15)]
    assert found(*logging) is Finding.CLEAR
    read = verdict.read(gathered(*logging, config=asked), asked)
    assert (read.finding, read.metric) == (Finding.WORSE, Metric.LOGGED)
    assert verdict.reason(read).startswith("canary 90/900 against stable 30/8 100 error log lines")
    half_more = [window(m, replace(GOOD, logged=2), replace(STABLE, logged=12)) for m in range(60)]
    assert found(*half_more, config=asked) is Finding.CLEAR


def test_evidence_carries_over_from_one_split_to_the_next() -> None:
    few = [window(minute, Counts(60, 2)) for minute in range(6)]
    more = [window(minute, Counts(300, 10), Counts(300, 1), share=50) for minute in range(6, 9)]
    assert found(*more) is not Finding.WORSE
    assert found(*few, *more) is Finding.WORSE


def test_at_full_traffic_an_outage_only_raises_an_alarm() -> None:
    ramp = [window(minute) for minute in range(30)]
    alone = [window(minute, Counts(600, 0, 6, 2), None, share=100) for minute in range(30, 40)]
    failing = [window(minute, Counts(600, 60), None, share=100) for minute in range(40, 46)]
    assert found(*ramp, *alone) is Finding.CLEAR
    assert found(*ramp, *alone, *failing) is Finding.ALARMED


def test_a_stricter_alpha_asks_for_more_evidence() -> None:
    bad = [window(minute, Counts(60, 1)) for minute in range(30)]
    odds = [verdict.read(gathered(*bad[:n]), CONFIG).odds for n in range(30)]
    crossed = next(n for n in range(30) if odds[n] >= 100)
    strict = VerdictConfig(alpha=1e-9, history=CONFIG.history)
    assert found(*bad[:crossed]) is Finding.WORSE
    assert found(*bad[:crossed], config=strict) is Finding.UNDECIDED


def test_an_absolute_limit_is_kept_though_stable_is_as_bad() -> None:
    config = VerdictConfig(history=CONFIG.history, max_error_rate=0.05)
    as_bad = [window(m, Counts(60, 12), Counts(540, 108)) for m in range(5)]
    assert found(*as_bad) is Finding.CLEAR
    assert found(*as_bad, config=config) is Finding.WORSE


def test_without_history_it_is_slower_but_not_blind() -> None:
    unknown = VerdictConfig()
    assert found(*(window(m) for m in range(60)), config=unknown) is Finding.CLEAR
    assert found(window(0, Counts(60, 30)), config=unknown) is Finding.BROKEN
    bad = [window(minute, Counts(60, 6)) for minute in range(30)]
    assert found(*bad, config=unknown) is Finding.WORSE


@pytest.mark.parametrize("counts", [Counts(10, 11), Counts(-1), Counts(10, -1), Counts(10, 0, 12)])
def test_counts_that_cannot_be_are_named_and_waited_for(counts: Counts) -> None:
    before = gathered(window(0))
    strange = verdict.update(before, window(1, counts), CONFIG)
    assert strange.strange
    assert (strange.windows, strange.until) == (before.windows, before.until)
    assert not verdict.update(strange, window(1), CONFIG).strange


COUNTS = st.builds(
    lambda n, *bad: Counts(n, *(min(n, some) for some in bad)),
    st.integers(0, 10**6),
    *[st.integers(0, 10**6)] * 3,
)
WINDOWS = st.lists(
    st.builds(
        window,
        st.integers(0, 20),
        st.none() | COUNTS,
        st.none() | COUNTS,
        st.sampled_from([1, 20, 90, 100]),
    ),
    max_size=30,
)


@given(WINDOWS)
@settings(deadline=None)
def test_doubled_and_late_windows_change_nothing(windows: list[Window]) -> None:
    evidence = gathered(*windows)
    again = evidence
    for each in windows:
        again = verdict.update(again, each, CONFIG)
    assert again == evidence


@given(WINDOWS)
@settings(deadline=None)
def test_whatever_is_counted_the_evidence_is_finite_and_can_be_stored(
    windows: list[Window],
) -> None:
    evidence = gathered(*windows)
    assert json.decode(json.encode(evidence), type=Evidence) == evidence
    read = verdict.read(evidence, CONFIG)
    assert 0 <= read.odds < float("inf")
    assert verdict.reason(read)


def test_a_canary_whose_requests_reach_no_instance_is_heard_by_its_silence() -> None:
    silent = [window(minute, Counts(1, 1) if not minute else None) for minute in range(4)]
    assert found(*silent[:3]) is Finding.BREWING
    read = verdict.read(gathered(*silent), CONFIG)
    assert read.finding is Finding.MUTE
    assert verdict.reason(read).startswith(
        "answers counted: 1 of the canary beside 2 160 of stable"
    )
    affine = replace(CONFIG, affine=True)
    assert verdict.read(gathered(*silent, config=affine), affine).finding is not Finding.MUTE


def test_answers_that_take_longer_than_a_window_are_no_silence() -> None:
    """They are counted as they end: first of all in the proportion of the split before."""
    halves = [window(minute, Counts(900), Counts(900), 50) for minute in range(10)]
    later = [window(10 + minute, Counts(900), Counts(900), 90) for minute in range(6)]
    assert found(*halves, *later) is Finding.CLEAR
    none = [window(10 + minute, None, Counts(900), 90) for minute in range(6)]
    assert found(*halves, *none) is Finding.MUTE


def test_where_usual_answers_take_minutes_silence_is_heard_later() -> None:
    silent = [window(minute, None) for minute in range(12)]
    slow = replace(CONFIG, history=replace(CONFIG.history, lasting=3))
    assert verdict.read(gathered(*silent[:9], config=slow), slow).finding is not Finding.MUTE
    assert verdict.read(gathered(*silent, config=slow), slow).finding is Finding.MUTE


def test_clients_who_stay_with_stable_for_minutes_leave_no_silence() -> None:
    slowly = [window(minute, Counts(12 * minute + 12)) for minute in range(4)]
    assert found(*slowly) is Finding.CLEAR
