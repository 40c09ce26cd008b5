"""What the engine relies on, whatever the store is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from bot.core.deployment import Deployment
from bot.core.model import Ask, Environment, Heads, Image
from bot.ports import Write
from tests.clients.store.generated import ANY_RECORD
from tests.clients.store.records import (
    ASK,
    DEPLOYMENT,
    ENVIRONMENT,
    HEADS,
    IMAGE,
    MINUTE,
    NOON,
    ask,
    deployment,
    environment,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.ports import Record, Store

RECORDS = (ASK, ENVIRONMENT, DEPLOYMENT, IMAGE, HEADS)


def test_what_was_never_stored_is_none(store: Store) -> None:
    assert store.get(Ask, "7/100/1") is None


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was(store: Store, record: Record) -> None:
    assert store.commit(Write(record, 0))
    assert store.get(type(record), record.key) == (record, 1)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(record=ANY_RECORD)
def test_any_record_comes_back_as_it_was(store: Store, record: Record) -> None:
    stored = store.get(type(record), record.key)
    version = stored[1] if stored else 0
    assert store.commit(Write(record, version))
    assert store.get(type(record), record.key) == (record, version + 1)


def test_kinds_do_not_share_keys(store: Store) -> None:
    image = msgspec.structs.replace(IMAGE, key="same")
    heads = msgspec.structs.replace(HEADS, key="same")
    assert store.commit(Write(image, 0), Write(heads, 0))
    assert store.get(Image, "same") == (image, 1)
    assert store.get(Heads, "same") == (heads, 1)


def test_an_ask_is_created_exactly_once(store: Store) -> None:
    assert store.commit(Write(ASK, 0))
    assert not store.commit(Write(msgspec.structs.replace(ASK, text="/deploy staging"), 0))
    assert store.get(Ask, ASK.key) == (ASK, 1)


def test_a_stale_version_changes_nothing(store: Store) -> None:
    store.commit(Write(ENVIRONMENT, 0))
    first = msgspec.structs.replace(ENVIRONMENT, asked=1)
    assert store.commit(Write(first, 1))
    assert not store.commit(Write(msgspec.structs.replace(ENVIRONMENT, asked=9), 1))
    assert store.get(Environment, ENVIRONMENT.key) == (first, 2)


def test_a_version_of_nothing_changes_nothing(store: Store) -> None:
    assert not store.commit(Write(ENVIRONMENT, 1))
    assert store.get(Environment, ENVIRONMENT.key) is None


def test_all_are_stored_or_none(store: Store) -> None:
    store.commit(Write(ENVIRONMENT, 0))
    assert not store.commit(Write(ASK, 0), Write(DEPLOYMENT, 0), Write(ENVIRONMENT, 0))
    assert store.get(Ask, ASK.key) is None
    assert store.get(Deployment, DEPLOYMENT.key) is None
    assert store.due(NOON, 10) == []
    assert store.commit(Write(ASK, 0), Write(DEPLOYMENT, 0), Write(ENVIRONMENT, 1))
    assert store.get(Deployment, DEPLOYMENT.key) == (DEPLOYMENT, 1)


def test_increments_from_many_threads_are_exact(open_store: Callable[[], Store]) -> None:
    shared = open_store()
    shared.commit(Write(ENVIRONMENT, 0))
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(increments, shared, 25) for _ in range(8)]:
            done.result()
    stored = shared.get(Environment, ENVIRONMENT.key)
    assert stored is not None
    assert (stored[0].asked, stored[1]) == (200, 201)


def increments(store: Store, count: int) -> None:
    for _ in range(count):
        while not increment(store):
            pass


def increment(store: Store) -> bool:
    stored = store.get(Environment, ENVIRONMENT.key)
    assert stored is not None
    record, version = stored
    return store.commit(Write(msgspec.structs.replace(record, asked=record.asked + 1), version))


def test_due_is_oldest_first_over_both_kinds(store: Store) -> None:
    store.commit(
        Write(deployment("newest", wake_at=NOON + MINUTE), 0),
        Write(ask("oldest", NOON - MINUTE), 0),
        Write(deployment("middle", wake_at=NOON), 0),
        Write(ask("later", NOON + 2 * MINUTE), 0),
        Write(ask("never", None), 0),
        Write(deployment("ended", wake_at=None), 0),
    )
    due = store.due(NOON + MINUTE, 10)
    assert [record.key for record in due] == ["oldest", "middle", "newest"]
    assert [type(record) for record in due] == [Ask, Deployment, Deployment]
    assert [record.key for record in store.due(NOON + MINUTE, 2)] == ["oldest", "middle"]


def test_due_tells_microseconds_apart(store: Store) -> None:
    tick = MINUTE / 60_000_000
    store.commit(Write(ask("now", NOON), 0), Write(ask("just not yet", NOON + tick), 0))
    assert [record.key for record in store.due(NOON, 10)] == ["now"]


def test_due_follows_the_last_write(store: Store) -> None:
    store.commit(Write(ask("one", NOON), 0))
    store.commit(Write(ask("one", NOON + MINUTE), 1))
    assert store.due(NOON, 10) == []
    store.commit(Write(ask("one", None), 2))
    assert store.due(NOON + MINUTE, 10) == []


def test_history_is_newest_first_and_of_one_environment(store: Store) -> None:
    elsewhere = msgspec.structs.replace(deployment("elsewhere"), environment="staging")
    store.commit(
        Write(deployment("second", created_at=NOON + MINUTE), 0),
        Write(deployment("first"), 0),
        Write(deployment("third", created_at=NOON + 2 * MINUTE), 0),
        Write(elsewhere, 0),
    )
    assert [one.id for one in store.history("7/prod", 10)] == ["third", "second", "first"]
    assert [one.id for one in store.history("7/prod", 1)] == ["third"]
    assert list(store.history("7/staging", 10)) == [elsewhere]
    assert list(store.history("8/prod", 10)) == []
    assert [one.id for one in store.recent(2)] == ["third", "second"]


def test_environments_are_of_one_repository_by_name(store: Store) -> None:
    for one in (environment("staging"), environment("prod"), environment("prod", repository=70)):
        store.commit(Write(one, 0))
    assert [one.name for one in store.environments(7)] == ["prod", "staging"]
    assert [one.repository.id for one in store.environments(70)] == [70]


def test_another_client_sees_it(open_store: Callable[[], Store]) -> None:
    open_store().commit(Write(ASK, 0))
    assert open_store().get(Ask, ASK.key) == (ASK, 1)
