"""`--all-faults` plays every fault, as `make faults` does; otherwise a sample is played."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-faults", action="store_true", help="play every fault, not a sample")
