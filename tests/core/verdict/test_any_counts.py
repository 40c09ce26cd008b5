"""Whatever Cloud Monitoring says was counted, there is an answer, and never an exception."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec import json
from msgspec.structs import replace

from bot.core import course, forecast, verdict
from bot.core.evidence import Counts, Evidence, Finding, VerdictConfig, Window
from bot.core.route import Route
from bot.core.verdict.arrival import arrived
from tests.core.verdict.test_verdict import CONFIG, MINUTE, START, found, gathered, window

ASKED = replace(CONFIG, error_logs=True)


@pytest.mark.parametrize("counts", [Counts(3, logged=10**6), Counts(10**17, 10**17)])
def test_more_than_there_can_be_is_named_and_waited_for(counts: Counts) -> None:
    seen = gathered(*map(window, range(9)), window(9, stable=counts), config=ASKED)
    assert seen.strange
    assert seen.windows == 9


@pytest.mark.parametrize("limit", [0.99, 0.995, 1.0 - 2**-53, 1.0])
def test_a_limit_that_nothing_can_be_beyond_condemns_nobody(limit: float) -> None:
    most = replace(CONFIG, max_error_rate=limit)
    assert found(*map(window, range(60)), config=most) is Finding.CLEAR


def test_a_base_rate_beyond_every_ratio_is_judged_by() -> None:
    """Nine times back at the split allow the canary 29 times as many failures: more than all."""
    outage = Counts(600, 360)
    config = replace(CONFIG, history=verdict.summary([outage] * 60))
    asked = [window(m, outage, outage if m % 2 else None, 20 if m % 2 else 100) for m in range(18)]
    alone = [window(m, outage, None, 100) for m in range(18, 22)]
    assert found(*asked, *alone, config=config) is Finding.CLEAR


def test_a_stable_that_always_failed_everything_condemns_nobody() -> None:
    config = replace(CONFIG, history=verdict.summary([Counts(10**9, 10**9)] * 60))
    broken = Counts(10**11, 10**11)
    assert found(window(0, Counts(60, 60), broken), config=config) is Finding.CLEAR


HUGE = st.integers(-3, 100) | st.integers(0, 17).map(lambda digits: 10**digits)
COUNTS = st.builds(Counts, *[HUGE] * 5) | st.builds(
    lambda n, *bad: Counts(n, *(min(n, some) for some in bad)), *[HUGE] * 5
)
SHARE = st.sampled_from([0, 1, 20, 99, 100])
WINDOWS = st.lists(
    st.builds(window, st.integers(0, 40), st.none() | COUNTS, st.none() | COUNTS, SHARE),
    max_size=20,
)
DAYS = st.lists(COUNTS, max_size=3).flatmap(
    lambda kinds: st.lists(st.sampled_from(kinds), max_size=90) if kinds else st.just([])
)
CONFIGS = st.builds(
    lambda day, **other: VerdictConfig(history=verdict.summary(day), **other),
    DAYS,
    alpha=st.sampled_from([1e-12, 0.01, 0.49]),
    max_error_rate=st.sampled_from([0.0, 1e-9, 0.5, 1.0]),
    error_logs=st.booleans(),
)


@given(WINDOWS, CONFIGS)
@settings(deadline=None, max_examples=200)
def test_no_counts_break_the_verdict_or_the_course(
    windows: list[Window], config: VerdictConfig
) -> None:
    route = Route(steps=course.automatic(config.history))
    evidence, at = Evidence(), course.begin(route)
    arrived((windows, START + 60 * MINUTE), config.history.due, MINUTE)
    for each in windows:
        evidence = verdict.update(evidence, each, config)
        read = verdict.read(evidence, config)
        assert 0 <= read.odds < float("inf")
        assert verdict.reason(read)
        at = course.onward(at, [(evidence, read)], route).course
    assert json.decode(json.encode(evidence), type=Evidence) == evidence


@given(CONFIGS)
@settings(deadline=None)
def test_no_counts_break_the_forecast(config: VerdictConfig) -> None:
    route = Route(steps=course.automatic(config.history))
    steps = forecast.ahead(config.history, route, (MINUTE, 3 * MINUTE), config.alpha)
    assert all(0 < step.smallest <= 1 for step in steps)
    forecast.advice(config.history, route)
