"""Time that passes at once: what the bot's record says of when is moved into the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bot.clients.store_sqlite import SqliteStore
from bot.ports import Write
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.ports import Record
    from localcloud.cloud import Cloud

R = TypeVar("R", bound="Record")


def record_of(cloud: Cloud, kind: type[R], key: str) -> R:
    """A record of the bot's, once it is there."""
    store = SqliteStore(cloud.state / "bot" / "store.sqlite")
    found = eventually(lambda: store.get(kind, key), bool, f"{kind.__name__} {key}")  # type: ignore[type-var]  # any kind
    assert found is not None
    return found[0]


def rewritten(cloud: Cloud, kind: type[R], key: str, change: Callable[[R], R]) -> None:
    """Change a record of the bot's, whatever the bot does to it meanwhile."""
    store = SqliteStore(cloud.state / "bot" / "store.sqlite")
    while True:
        found = store.get(kind, key)  # type: ignore[type-var]  # any kind
        assert found is not None
        if store.commit(Write(change(found[0]), found[1])):
            return
