"""What other processes do to the store's file, which is their second argument."""

from __future__ import annotations

import signal
import sqlite3
import sys
from datetime import UTC, datetime

import msgspec

from bot.clients.store_sqlite import SqliteStore
from bot.core.model import Environment, Heads
from bot.ports import Write
from tests.clients.store.records import ENVIRONMENT, HEADS


def increment() -> None:
    """Count to 25, meeting the others, also while the file is being made."""
    store, done = SqliteStore(sys.argv[2]), 0
    store.commit(Write(ENVIRONMENT, 0))
    while done < 25:
        stored = store.get(Environment, ENVIRONMENT.key)
        assert stored is not None
        record, version = stored
        more = msgspec.structs.replace(record, asked=record.asked + 1)
        done += store.commit(Write(more, version))


def say(line: str) -> None:
    """Tell the test how far it has come."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def write_pairs() -> None:
    """Write two records that must always be alike, until somebody ends it."""
    store = SqliteStore(sys.argv[2])
    seen = store.get(Heads, "left")
    version = seen[1] if seen else 0
    while True:
        when = datetime.fromtimestamp(version, UTC)
        pair = (Heads(key=key, first_seen={"a": when}) for key in ("left", "right"))
        assert store.commit(*(Write(record, version) for record in pair))
        version += 1
        say(str(version))


def hang_in_a_transaction() -> None:
    """Change the record without an end."""
    raw = sqlite3.connect(sys.argv[2], isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("UPDATE records SET version = 99, body = x'7b7d' WHERE key = ?", (HEADS.key,))
    say("written")
    signal.pause()
