"""Long files first: several workers share the files, and the last long one keeps all waiting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
LONG = ("faults", "stories", "doctor", "localcloud", "clients")
"""Folders whose tests wait for processes, the longest first."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    parts: Sequence[str] = item.path.relative_to(HERE).parts
    return LONG.index(parts[0]) if parts[0] in LONG else len(LONG)
