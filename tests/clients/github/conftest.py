from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients.github.acme import Acme
from tests.clients.github.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    acme = Acme(tmp_path_factory.mktemp("github"))
    yield acme
    acme.stop()


@pytest.fixture
def acme(world: Acme) -> Iterator[Acme]:
    """The shared world; every exchange has to be as GitHub describes it."""
    world.seen.requests.clear()
    yield world
    judge = world.server.judge
    seen = judge.violations if judge else []
    assert [str(x) for x in seen if not x.operation.startswith("webhook")] == []


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.stop()
