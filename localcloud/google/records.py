"""Everything that outlives a restart, in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.google.protocol import Proto

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
  kind TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, name));
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, ordering_key TEXT NOT NULL, published REAL NOT NULL,
  body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
  subscription TEXT NOT NULL, message INTEGER NOT NULL REFERENCES messages (id),
  attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, ack_id TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (subscription, message));
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (subscription, due);
CREATE INDEX IF NOT EXISTS deliveries_by_message ON deliveries (message);
"""


class Records:
    """Protobuf messages by kind and name, and a shared connection for other tables.

    Safe from any thread: one connection behind one re-entrant lock, each block one transaction.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the database for one all-or-nothing change; nested blocks join the outer one."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
            except BaseException:
                self._leave("ROLLBACK")
                raise
            self._leave("COMMIT")

    def _leave(self, ending: str) -> None:
        self._depth -= 1
        if self._depth == 0 and self._connection.in_transaction:
            self._connection.execute(ending)

    def put(self, kind: str, name: str, message: Proto) -> None:
        """Write or replace one message."""
        body = message.SerializeToString(deterministic=True)
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (kind, name, body)
            )

    def get(self, kind: str, name: str, message_type: Proto) -> Proto | None:
        """Return one message, None when absent."""
        rows = self.rows("SELECT body FROM records WHERE kind = ? AND name = ?", kind, name)
        return message_type.FromString(rows[0][0]) if rows else None

    def under(self, kind: str, prefix: str, message_type: Proto) -> list[Proto]:
        """Return every message of a kind whose name starts with the prefix, ordered by name."""
        statement = (
            "SELECT body FROM records WHERE kind = ? AND substr(name, 1, ?) = ? ORDER BY name"
        )
        found = self.rows(statement, kind, len(prefix), prefix)
        return [message_type.FromString(body) for (body,) in found]

    def delete(self, kind: str, name: str) -> bool:
        """Remove one message; False when it was absent."""
        with self.transaction() as connection:
            done = connection.execute(
                "DELETE FROM records WHERE kind = ? AND name = ?", (kind, name)
            )
            return done.rowcount > 0

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a reading statement finds."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the file; later use raises sqlite3.ProgrammingError."""
        with self._lock:
            self._connection.close()
