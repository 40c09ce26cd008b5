"""When GitHub is told anew: news at once, a passing state later, mere numbers much later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from bot.core.deployment import Phase
from bot.core.report.pace import NUMBERS, SETTLED, comment_news, due, news
from bot.core.told import Shown
from tests.core.rollout.simulated import deployment

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(seconds=1)


def shown(news_then: str, title: str = "then") -> Shown:
    return Shown(at=BEFORE, news=news_then, title=title)


def test_a_step_is_news_in_the_comment_once_there_is_something_to_say() -> None:
    at = replace(deployment(), phase=Phase.SHIFTING, share=20)
    assert comment_news(replace(at, waiting="traffic"), 0) == ""
    assert comment_news(replace(at, waiting="waiting-for-data"), 0) == ""
    baking = comment_news(replace(at, waiting="baking"), 0)
    assert baking
    assert comment_news(replace(at, waiting="not-enough-traffic"), 0) == baking
    assert comment_news(replace(at, waiting="baking", share=50), 0) != baking
    assert comment_news(replace(at, waiting="baking", level=1), 0) != baking
    assert news(replace(at, waiting="baking"), 0) == ""


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
    at = replace(deployment(), phase=Phase.SHIFTING, share=20, waiting="baking")
    held = replace(at, waiting="held until it is put back", moved=True)
    down = replace(at, waiting="metrics-down")
    assert len({news(at, 0), news(held, 0), news(down, 0)}) == 3


def test_news_is_due_at_once() -> None:
    assert due(NOW, shown("step 20"), Shown(at=NOW, news="step 50", title="now")) == NOW


def test_another_title_is_due_when_it_has_settled() -> None:
    wanted = Shown(at=NOW, news="step 20", title="now")
    assert due(NOW, shown("step 20"), wanted) == BEFORE + SETTLED
    assert due(NOW, shown("step 20"), replace(wanted, news="")) == BEFORE + SETTLED


def test_numbers_are_due_after_minutes() -> None:
    wanted = Shown(at=NOW, news="step 20", title="then")
    assert due(NOW, shown("step 20"), wanted) == BEFORE + NUMBERS
