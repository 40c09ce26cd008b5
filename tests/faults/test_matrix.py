"""The crash matrix: what it lists, and one crash of it; `make faults` plays all of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.gate import AFTER, BEFORE
from tests.faults.matrix import Listing, crashed, differences, listed
from tests.faults.story import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("matrix")
SEED = 20


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("stage"))
    made.set()
    yield made
    made.strike()


@pytest.fixture(scope="module")
def listing(stage: Stage) -> Listing:
    return listed(stage)


def test_the_list_names_what_cannot_be_made_twice_unseen(listing: Listing) -> None:
    unkeyed = (
        "Google POST builds",
        "Google PATCH services/api",
        "GitHub POST check-runs",
        "GitHub POST deployments",
        "GitHub POST deployments/N/statuses",
        "GitHub POST issues/N/comments",
        "GitHub POST issues/comments/N/reactions",
    )
    calls = {name.partition(": ")[2] for name in listing.always}
    assert set(unkeyed) <= calls
    assert any(name.startswith("rolling_back: store") for name in listing.always)


def test_a_crash_leaves_no_trace(stage: Stage, listing: Listing) -> None:
    picked = random.Random(SEED)  # noqa: S311  # it must repeat, not surprise
    boundary, when = picked.choice(listing.always), picked.choice([BEFORE, AFTER])
    cell = crashed(stage, (boundary, when), listing)
    assert (cell.boundary, cell.met, cell.differs) == (boundary, True, ())


def test_what_differs_is_told() -> None:
    assert differences(["a", "b"], ["b", "a"]) == []
    assert differences(["a"], ["a", "a"]) == ["too much: a"]
    assert differences(["a"], []) == ["missing: a"]
    assert differences(["x: one"], ["x: two"]) == ["…x: one… became …x: two…"]
