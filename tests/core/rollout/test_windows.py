"""Which metric windows are asked for, and which split each of them belongs to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.evidence import Counts, Evidence, Window
from bot.core.rollout.splits import share_within
from bot.core.rollout.wants import first_window, next_visible, visible_until, wants
from bot.core.route import Sampling, Split
from tests.core.rollout.simulated import START, deployment, service_plan

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
NOON = START


def shifting() -> Deployment:
    """A canary that had 5 % from 12:00:30 to 12:10:30 and 50 % since."""
    going = deployment(service_plan("ai"))
    splits = (
        Split(share=5, since=NOON + 30 * SECOND, until=NOON + 10 * MINUTE + 30 * SECOND),
        Split(share=50, since=NOON + 10 * MINUTE + 45 * SECOND),
    )
    service = replace(going.services[0], stable="ai-old", splits=splits)
    sampling = Sampling(window=MINUTE, lag=3 * MINUTE)
    return replace(going, services=(service,), sampling=sampling, phase=Phase.SHIFTING)


@pytest.mark.parametrize(
    ("after_noon", "until"),
    [(4 * MINUTE - SECOND, 0), (4 * MINUTE, 1), (5 * MINUTE - SECOND, 1), (5 * MINUTE, 2)],
)
def test_a_window_is_complete_when_it_is_older_than_the_lag(
    after_noon: timedelta, until: int
) -> None:
    assert visible_until(shifting(), NOON + after_noon) == NOON + until * MINUTE


def test_the_next_look_is_when_the_next_one_is_complete() -> None:
    at = NOON + 4 * MINUTE + 20 * SECOND
    assert next_visible(shifting(), at) == NOON + 5 * MINUTE


def test_the_first_window_lies_wholly_after_the_traffic_was_split() -> None:
    going = shifting()
    assert first_window(going, NOON + SECOND) == NOON + MINUTE
    assert first_window(going, NOON + MINUTE) == NOON + MINUTE
    assert wants(going, NOON + 4 * MINUTE).windows == ()
    (wanted,) = wants(going, NOON + 5 * MINUTE).windows
    assert (wanted.since, wanted.until) == (NOON + MINUTE, NOON + 2 * MINUTE)


def test_later_ones_go_on_where_the_evidence_ends_and_the_last_is_read_again() -> None:
    going = shifting()
    last = Window(start=NOON + 2 * MINUTE, end=NOON + 3 * MINUTE, share=5, canary=Counts(1))
    service = replace(going.services[0], evidence=Evidence(until=last.end), windows=(last,))
    going = replace(going, services=(service,))
    assert wants(going, NOON + 6 * MINUTE).windows == ()
    (wanted,) = wants(going, NOON + 7 * MINUTE).windows
    assert (wanted.since, wanted.until) == (NOON + 2 * MINUTE, NOON + 4 * MINUTE)


@pytest.mark.parametrize(
    ("minute", "share"), [(0, None), (1, 5), (9, 5), (10, None), (11, 50), (99, 50)]
)
def test_a_window_that_straddles_a_change_of_the_split_belongs_to_none(
    minute: int, share: int | None
) -> None:
    start = NOON + minute * MINUTE
    assert share_within(shifting().services[0], start, start + MINUTE) == share
