"""Bounds that a broken rule could keep would prove nothing about Spillway."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.rollouts.peers.argo_rollouts import ArgoRollouts, Canary
from benchmarks.rollouts.peers.release_manager import ReleaseManager, Strategy
from bot.core.evidence import Counts, Outcome
from tests.quality.bounds import BOUNDS, Bad, Good, measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.rollouts.rule import Rule

FEW = 10


class Always:
    """Decides without looking."""

    def __init__(self, outcome: Outcome, weight: int) -> None:
        self._outcome = outcome
        self.weight = weight

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        del canary, stable
        return self._outcome


def promote() -> Rule:
    return Always(Outcome.PROMOTED, 100)


def roll_back() -> Rule:
    return Always(Outcome.ROLLED_BACK, 5)


def by_threshold() -> Rule:
    return ReleaseManager(Strategy(steps=(5, 20, 50), min_wait=8))


def by_time_alone() -> Rule:
    return ArgoRollouts(Canary(pause=7, min_success=0.0, idle=True, error_limit=1000))


def refusing(make: Callable[[], Rule]) -> set[Good | Bad]:
    """The bounds that a rule breaks, each played a few times."""
    few = [replace(bound, reps=FEW) for bound in BOUNDS]
    return {one for one in few if one.complaints(measured(lambda _: make(), one))}


def test_who_always_promotes_breaks_every_bound_of_bad_releases() -> None:
    assert {one for one in refusing(promote) if isinstance(one, Bad)} == {
        replace(one, reps=FEW) for one in BOUNDS if isinstance(one, Bad)
    }


def test_who_always_rolls_back_breaks_every_bound_of_good_releases() -> None:
    assert {one for one in refusing(roll_back) if isinstance(one, Good)} == {
        replace(one, reps=FEW) for one in BOUNDS if isinstance(one, Good)
    }


@pytest.mark.parametrize("make", [by_threshold, by_time_alone])
def test_thresholds_and_clocks_are_no_verdict(make: Callable[[], Rule]) -> None:
    assert len(refusing(make)) >= 5
