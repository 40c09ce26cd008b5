"""Spillway rolls bad releases back early, and good ones not at all: `make quality`."""

from __future__ import annotations

import pytest

from benchmarks.rollouts.rules import SPILLWAY, maker
from benchmarks.rollouts.scenarios import SCENARIOS
from tests.quality.bounds import BOUNDS, Bad, Good, measured


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.scenario)
def test_spillway_keeps_within_its_bounds(bound: Good | Bad) -> None:
    found = measured(maker(SPILLWAY, SCENARIOS[bound.scenario]), bound)

    assert not bound.complaints(found)
