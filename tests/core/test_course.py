"""Where a rollout goes next, given what was found."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.core import course
from bot.core.evidence import (
    Counts,
    Evidence,
    Excursion,
    Finding,
    History,
    Metric,
    Outcome,
    Past,
    Sums,
    Verdict,
)
from bot.core.route import Course, Policy, Route, Stage, Step

ROUTE = Route(steps=(Step(5, 4, 10), Step(50, 2, 10)), watch=5, min_requests=20)
BUSY, STABLE = Counts(100), Counts(1000)


def move(
    at: Course,
    windows: int,
    finding: Finding = Finding.CLEAR,
    route: Route = ROUTE,
    **other: object,
) -> course.Move:
    known: dict[str, object] = {"canary": BUSY, "stable": STABLE} | other
    evidence = replace(Evidence(share=at.share, windows=windows), **known)
    return course.onward(at, [(evidence, Verdict(finding=finding))], route)


def test_a_step_ends_when_its_windows_were_seen_and_not_earlier() -> None:
    at = course.begin(ROUTE)
    assert (at.share, move(at, 0).waiting, move(at, 3).waiting) == (5, "waiting-for-data", "baking")
    assert move(at, 4).course.share == 50
    full = move(move(at, 4).course, 2).course
    assert (full.stage, full.share) == (Stage.WATCH, 100)
    assert move(full, 5).outcome is Outcome.PROMOTED


def test_windows_of_another_split_do_not_count() -> None:
    at = course.begin(ROUTE)
    assert move(at, 9, share=50).waiting == "waiting-for-data"


def test_doubt_holds_a_step_and_deploy_yaml_says_for_how_long() -> None:
    at = course.begin(ROUTE)
    assert move(at, 9, Finding.UNDECIDED).waiting == "undecided"
    assert move(at, 10, Finding.UNDECIDED).course.share == 50
    hold = replace(ROUTE, undecided=Policy.HOLD)
    assert move(at, 99, Finding.UNDECIDED, hold).waiting == "undecided"
    back = replace(ROUTE, undecided=Policy.ROLL_BACK)
    assert move(at, 10, Finding.UNDECIDED, back).outcome is Outcome.ROLLED_BACK


def test_what_looks_like_a_catastrophe_is_not_promoted_for_want_of_visitors() -> None:
    at = course.begin(ROUTE)
    assert move(at, 9, Finding.BREWING).waiting == "undecided"
    assert move(at, 10, Finding.BREWING).outcome is Outcome.ROLLED_BACK


def test_too_few_requests_wait_until_the_longest_bake() -> None:
    at = course.begin(ROUTE)
    assert move(at, 9, canary=Counts(19)).waiting == "not-enough-traffic"
    assert move(at, 10, canary=Counts(19)).course.share == 50
    back = replace(ROUTE, not_enough_traffic=Policy.ROLL_BACK)
    assert move(at, 10, route=back, canary=Counts(19)).outcome is Outcome.ROLLED_BACK


def test_a_canary_that_answers_while_stable_has_no_series_proves_nothing() -> None:
    at = course.begin(ROUTE)
    assert move(at, 3, unmet=20.0).waiting == "metrics-down"
    assert move(at, 3, missing=20.0).waiting == "metrics-down"
    assert move(at, 3, strange="11 5xx of 10 requests").waiting == "metrics-down"


def test_a_canary_that_answers_nothing_goes_back() -> None:
    assert move(course.begin(ROUTE), 4, Finding.MUTE).outcome is Outcome.ROLLED_BACK


def test_an_alarm_asks_stable_again_at_two_shares_and_rolls_nothing_back() -> None:
    watched = course.at_full(Course())
    first = move(watched, 1, Finding.ALARMED)
    assert first.outcome is None
    assert (first.course.stage, first.course.share) == (Stage.RECHECK, 20)
    assert move(first.course, 7).course == first.course
    second = move(first.course, 8).course
    assert second.share == 90
    again = move(second, 8).course
    assert (again.stage, again.share, again.alarms) == (Stage.WATCH, 100, 1)
    assert move(first.course, 1, Finding.WORSE).outcome is Outcome.ROLLED_BACK


@pytest.mark.parametrize("finding", [Finding.ALARMED, Finding.BROKEN])
def test_a_fourth_alarm_is_not_heard(finding: Finding) -> None:
    deaf = replace(course.at_full(Course()), alarms=3)
    assert move(deaf, 1, finding).course == deaf


def test_a_stable_that_hardly_answers_is_no_witness_against_nearly_all_traffic() -> None:
    at = Course(step=1, share=90)
    thin = Excursion(Sums(50, 100, 0, 10), 20.0)
    asked = move(at, 1, Finding.BROKEN, excursion=thin)
    assert (asked.outcome, asked.course.stage) == (None, Stage.RECHECK)
    sound = Excursion(Sums(50, 100, 0, 100), 20.0)
    assert move(at, 1, Finding.BROKEN, excursion=sound).outcome is Outcome.ROLLED_BACK


def test_an_alarm_where_stable_is_hardly_called_holds_a_step_or_asks_stable() -> None:
    at = course.begin(ROUTE)
    assert move(at, 9, Finding.ALARMED).waiting == "undecided"
    mostly = Route(steps=(Step(50, 2, 10), Step(90, 2, 10)))
    asked = move(Course(step=1, share=90), 5, Finding.ALARMED, mostly)
    assert (asked.outcome, asked.course.stage, asked.course.share) == (None, Stage.RECHECK, 20)
    assert move(asked.course, 8, Finding.ALARMED).waiting == "recheck"
    deaf = Course(step=1, share=90, alarms=3)
    assert move(deaf, 5, Finding.ALARMED, mostly).waiting == "undecided"


def test_stable_is_heard_before_what_made_us_ask_it_counts_again() -> None:
    asking = Course(stage=Stage.RECHECK, step=1, share=20, alarms=1)
    before = move(asking, 9, Finding.BROKEN, share=90)
    assert (before.outcome, before.waiting, before.course) == (None, "recheck", asking)
    assert move(asking, 1, Finding.BROKEN).outcome is Outcome.ROLLED_BACK
    later = replace(asking, share=90)
    assert move(later, 1, Finding.BROKEN, share=20).outcome is Outcome.ROLLED_BACK


def test_steps_suit_the_traffic_and_the_noise() -> None:
    def shares(requests: float, noise: float = 0.03) -> list[int]:
        known = {Metric.ERRORS: Past(noise=noise, measured=True)}
        day = History(windows=1440, requests=requests, metrics=known)
        return [step.share for step in course.automatic(day)]

    assert shares(60_000) == [1, 10, 50]
    assert shares(6_000) == [2, 12, 50]
    assert shares(6_000, noise=1.0) == [2, 50]
    assert shares(600) == [4, 12, 50, 90]
    assert shares(60) == [20, 50, 90]
    assert shares(0) == [5, 25, 90]
