"""Where chance and fault look alike: noise that lasts, and hardly any traffic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.core import verdict
from bot.core.evidence import Counts, Evidence, Finding, VerdictConfig, Window

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPELLS = (1, 30, 4, 18, 2, 26, 8, 12)
"""Errors a minute of 600 requests, each for twenty minutes."""
UNSTEADY = VerdictConfig(
    history=verdict.summary([Counts(600, one) for one in SPELLS * 9 for _ in range(20)])
)
HARDLY = VerdictConfig(history=verdict.summary([Counts(6, minute == 9) for minute in range(1440)]))


def found(
    config: VerdictConfig, share: int, *pairs: tuple[Counts, Counts], so_far: Evidence | None = None
) -> tuple[Finding, Evidence]:
    evidence = so_far or Evidence()
    for canary, stable in pairs:
        start = evidence.until or START
        seen = Window(start=start, end=start + MINUTE, share=share, canary=canary, stable=stable)
        evidence = verdict.update(evidence, seen, config)
    return verdict.read(evidence, config).finding, evidence


def test_one_bad_spell_condemns_nobody_where_stable_has_such_spells_too() -> None:
    bad_spell = [(Counts(300, 19), Counts(300, 0))] * 25
    assert found(UNSTEADY, 50, *bad_spell)[0] is Finding.UNDECIDED


def test_two_failures_without_any_success_are_enough_where_hardly_anybody_calls() -> None:
    failed, nobody = (Counts(1, 1), Counts(6)), (Counts(), Counts(5))
    assert found(HARDLY, 5, failed)[0] is Finding.BREWING
    assert found(HARDLY, 5, failed, nobody, nobody, failed)[0] is Finding.BROKEN


def test_they_are_not_where_stable_may_have_been_lucky_in_an_outage_of_both() -> None:
    hit = (Counts(2, 2), Counts(2))
    after = (Counts(), Counts(4))
    assert found(HARDLY, 50, hit)[0] is Finding.BREWING
    assert found(HARDLY, 50, hit, after, after, after)[0] is Finding.BREWING


def test_a_recheck_does_not_go_by_what_stable_was_too_thin_to_tell() -> None:
    finding, evidence = found(HARDLY, 90, (Counts(6, 6), Counts(3)), (Counts(5, 5), Counts(3)))
    assert finding is Finding.BROKEN
    assert found(HARDLY, 20, (Counts(1), Counts(5)), so_far=evidence)[0] is Finding.CLEAR
