"""Every store that there is, each opened as often as a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.clients.store_sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.ports import Store


@pytest.fixture(params=["sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Open one more client of the same, at first empty, store."""
    return {"sqlite": lambda: SqliteStore(tmp_path / "store.db")}[request.param]


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()
