"""`--all-faults` plays every fault on the wire, as `make faults` does: it takes minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-faults", action="store_true", help="play every fault, not a sample")


def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    if not config.getoption("all_faults", default=False):
        for item in items:
            if {"letters", "listing"} & {*getattr(item, "fixturenames", ())}:
                item.add_marker(pytest.mark.skip("it takes minutes: make faults plays it"))
