"""What the evidence says, window by window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import given
from msgspec.structs import replace

from bot.core import verdict
from bot.core.evidence import Counts, Decision, Evidence, VerdictConfig, Window

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CONFIG = VerdictConfig(min_bake=5 * MINUTE, max_bake=30 * MINUTE, min_requests=20, margin=0.05)


def window(minute: int, canary: Counts | None, stable: Counts | None, share: int = 5) -> Window:
    start = START + minute * MINUTE
    return Window(start=start, end=start + MINUTE, share=share, canary=canary, stable=stable)


def gathered(*windows: Window, config: VerdictConfig = CONFIG) -> Evidence:
    evidence = verdict.at_share(Evidence(), 5)
    for each in windows:
        evidence = verdict.update(evidence, each, config)
    return evidence


def test_no_window_is_waiting_for_data() -> None:
    read = verdict.read(gathered(), CONFIG)
    assert (read.decision, read.waiting) == (Decision.WAIT, "waiting-for-data")


def test_a_failing_canary_goes_back_as_soon_as_there_are_enough_requests() -> None:
    read = verdict.read(gathered(window(0, Counts(20, 6), Counts(400, 1))), CONFIG)
    assert read.decision is Decision.ROLL_BACK
    assert read.reason == "canary 6/20 against stable 1/400 server errors"


def test_too_few_requests_condemn_nobody() -> None:
    read = verdict.read(gathered(window(0, Counts(19, 19), Counts(400, 0))), CONFIG)
    assert read.decision is Decision.WAIT


def test_an_outage_that_both_share_condemns_nobody() -> None:
    read = verdict.read(gathered(window(0, Counts(40, 20), Counts(400, 200))), CONFIG)
    assert read.decision is Decision.WAIT


def test_a_clean_bake_advances_and_not_a_window_earlier() -> None:
    clean = [window(minute, Counts(10, 0), Counts(90, 0)) for minute in range(5)]
    assert verdict.read(gathered(*clean[:4]), CONFIG).decision is Decision.WAIT
    assert verdict.read(gathered(*clean), CONFIG).decision is Decision.ADVANCE


def test_without_traffic_it_waits_for_the_longest_bake_and_says_why() -> None:
    silent = [window(minute, None, None) for minute in range(30)]
    early = verdict.read(gathered(*silent[:29]), CONFIG)
    assert (early.decision, early.waiting) == (Decision.WAIT, "not-enough-traffic")
    late = verdict.read(gathered(*silent), CONFIG)
    assert (late.decision, late.waiting) == (Decision.ADVANCE, "not-enough-traffic")


def test_a_new_split_is_not_judged_by_the_one_before() -> None:
    before = gathered(*(window(minute, Counts(100, 90), Counts(100, 0)) for minute in range(5)))
    moved = verdict.at_share(before, 50)
    assert verdict.read(moved, CONFIG).waiting == "waiting-for-data"
    assert moved.baseline == before.baseline


def test_counts_that_cannot_be_are_left_out() -> None:
    strange = gathered(window(0, Counts(10, 11), Counts(10, 0)), window(1, Counts(-1, 0), None))
    assert strange.windows == 0


def test_in_the_watch_the_canary_is_held_against_what_stable_answered_before() -> None:
    ramp = gathered(window(0, Counts(30, 0), Counts(1000, 10)))
    config = replace(CONFIG, baseline=ramp.baseline)
    watched = verdict.at_share(ramp, 100)
    bad = verdict.update(watched, window(1, Counts(100, 30), None, share=100), config)
    assert verdict.read(bad, config).decision is Decision.ROLL_BACK
    assert bad.baseline == ramp.baseline


COUNTS = st.builds(lambda n, e: Counts(n, min(n, e)), st.integers(0, 50), st.integers(0, 50))
WINDOWS = st.lists(
    st.builds(window, st.integers(0, 20), st.none() | COUNTS, st.none() | COUNTS), max_size=30
)


@given(WINDOWS)
def test_doubled_and_late_windows_change_nothing(windows: list[Window]) -> None:
    evidence = gathered(*windows)
    again = evidence
    for each in windows:
        again = verdict.update(again, each, CONFIG)
    assert again == evidence


@given(WINDOWS)
def test_errors_never_exceed_requests_and_every_reading_has_its_numbers(
    windows: list[Window],
) -> None:
    evidence = gathered(*windows)
    assert evidence.canary.errors_5xx <= evidence.canary.requests
    read = verdict.read(evidence, CONFIG)
    assert read.canary == evidence.canary
    assert read.reason
