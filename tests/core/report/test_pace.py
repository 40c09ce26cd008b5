"""When GitHub is told anew: news at once, what lasts a little later, mere numbers much later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.report.check import check_run
from bot.core.report.pace import NUMBERS, SETTLED, WATCH, comment_news, due, news
from bot.core.told import Shown
from tests.core.rollout.simulated import deployment

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=1)
IN_STEP = ("waiting-for-data", "baking", "not-enough-traffic")


def shown(news_then: str, title: str = "then") -> Shown:
    return Shown(at=BEFORE, news=news_then, title=title)


def wanted(news_now: str = "step 20", title: str = "now") -> Shown:
    return Shown(at=NOW, news=news_now, title=title)


def shifting(waiting: str, *, pushed: bool = False) -> Deployment:
    made = replace(deployment(), phase=Phase.SHIFTING, share=20, waiting=waiting)
    return replace(made, number=None if pushed else 12)


def test_a_step_is_news_in_the_comment_once_there_is_something_to_say() -> None:
    at = shifting("baking")
    baking = comment_news(at, 0)
    assert baking
    assert comment_news(replace(at, waiting="traffic"), 0) == ""
    assert comment_news(replace(at, waiting="waiting-for-data"), 0) == ""
    assert comment_news(replace(at, waiting="not-enough-traffic"), 0) == baking
    assert comment_news(replace(at, share=50), 0) != baking
    assert comment_news(replace(at, level=1), 0) != baking


def test_a_step_is_news_in_the_check_run_once_its_traffic_is_there() -> None:
    assert news(shifting("traffic"), 0) == ""
    first, *others = {news(shifting(waiting), 0) for waiting in IN_STEP}
    assert first
    assert others == []


def test_on_a_push_the_check_run_says_both() -> None:
    told = [news(shifting(waiting, pushed=True), 0) for waiting in ("traffic", *IN_STEP)]
    assert len(set(told)) == 3
    assert told[2] == told[3]


def test_the_title_changes_with_the_step_only_and_the_summary_says_the_rest() -> None:
    runs = [check_run(shifting(waiting), 0) for waiting in IN_STEP]
    assert {run.title for run in runs} == {"Canary at 20 %"}
    assert [run.summary.splitlines()[0] for run in runs] == [f"Now: {one}." for one in IN_STEP]
    held = check_run(shifting("metrics-down"), 0)
    assert held.title == "Canary at 20 % (metrics-down)"


@pytest.mark.parametrize("phase", [Phase.BUILDING, Phase.STAGING, Phase.SMOKE, Phase.ROLLING_BACK])
def test_what_passes_quickly_is_no_news(phase: Phase) -> None:
    assert news(replace(deployment(), phase=phase), 0) == ""


@pytest.mark.parametrize(
    "phase", [Phase.SUCCEEDED, Phase.WATCHING, Phase.FAILED, Phase.ROLLED_BACK, Phase.UNCHANGED]
)
def test_an_end_is_news(phase: Phase) -> None:
    assert news(replace(deployment(), phase=phase), 0)


def test_a_place_in_the_queue_is_news() -> None:
    assert news(deployment(), 1) != news(deployment(), 2) != ""


def test_a_hold_is_news_and_so_is_its_end() -> None:
    at = shifting("baking")
    held = replace(at, waiting="held until it is put back", moved=True)
    down = replace(at, waiting="metrics-down")
    assert len({news(at, 0), news(held, 0), news(down, 0)}) == 3


def test_news_is_due_at_once() -> None:
    assert due(deployment(), shown("step 20"), wanted("step 50")) == NOW


def test_another_title_is_due_when_its_phase_has_lasted() -> None:
    since = NOW - timedelta(seconds=20)
    at = replace(deployment(), phase=Phase.STAGING, phase_since=since)
    assert due(at, shown("step 20"), wanted()) == since + SETTLED
    assert due(at, shown("step 20"), wanted(news_now="")) == since + SETTLED
    late = replace(shown("step 20"), at=NOW)
    assert due(at, late, wanted()) == NOW + SETTLED


def test_numbers_are_due_after_minutes_and_not_at_all_while_it_is_watched() -> None:
    at = shifting("baking")
    assert due(at, shown("step 20"), wanted(title="then")) == BEFORE + NUMBERS
    watched = replace(at, phase=Phase.WATCHING)
    assert due(watched, shown("step 20"), wanted(title="then")) == BEFORE + WATCH
