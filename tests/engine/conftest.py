"""The stage that several tests play on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.clients.store_sqlite import SqliteStore
from bot.engine.receive import receive
from tests.engine.staged import SEEN, GitHub, Stage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(GitHub(), SqliteStore(tmp_path / "store.sqlite"))
    receive(made.world, SEEN)
    made.hand_on()
    return made
