"""Records kept in memory and written through to one SQLite file, so that a restart resumes."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from localcloud.github import app_records, records
from localcloud.github.records import Record

if TYPE_CHECKING:
    from pathlib import Path

R = TypeVar("R", bound=Record)

_KINDS: tuple[type[Record], ...] = (
    *records.KINDS,
    *app_records.KINDS,
)

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sequence (last INTEGER NOT NULL);
INSERT INTO sequence SELECT 1000 WHERE NOT EXISTS (SELECT 1 FROM sequence);
"""


class Store:
    """All records of one server; safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._last: int = self._db.execute("SELECT last FROM sequence").fetchone()[0]
        self._records: dict[type[Record], dict[int, Record]] = {kind: {} for kind in _KINDS}
        self._load()

    def _load(self) -> None:
        kinds = {kind.__name__: kind for kind in _KINDS}
        for identity, name, body in self._db.execute("SELECT id, kind, body FROM records"):
            kind = kinds[name]
            self._records[kind][identity] = msgspec.json.decode(body, type=kind)

    def new_id(self) -> int:
        """Give out an id that was never used before, also not before a restart."""
        with self._lock:
            self._last += 1
            self._db.execute("UPDATE sequence SET last = ?", (self._last,))
            return self._last

    def save(self, record: R) -> R:
        """Remember a new record, or the new form of a known one, and hand it back."""
        row = (record.id, type(record).__name__, msgspec.json.encode(record))
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", row)
            self._records[type(record)][record.id] = record
        return record

    def delete(self, record: Record) -> None:
        """Forget a record; forgetting it twice is fine."""
        with self._lock:
            self._db.execute("DELETE FROM records WHERE id = ?", (record.id,))
            self._records[type(record)].pop(record.id, None)

    def get(self, kind: type[R], identity: int) -> R | None:
        """Look one record up by id; None when there is none of that kind."""
        found = self._records[kind].get(identity)
        return found if isinstance(found, kind) else None

    def find(self, kind: type[R], **fields: Any) -> list[R]:  # noqa: ANN401  # any field's value
        """List the records whose fields equal these, oldest first."""
        with self._lock:
            records = sorted(self._records[kind].values(), key=lambda record: record.id)
        return [
            record
            for record in records
            if isinstance(record, kind)
            and all(getattr(record, name) == value for name, value in fields.items())
        ]

    def first(self, kind: type[R], **fields: Any) -> R | None:  # noqa: ANN401  # any field's value
        """Find the oldest record whose fields equal these."""
        return next(iter(self.find(kind, **fields)), None)

    def close(self) -> None:
        """Close the file; the store is not used afterwards."""
        with self._lock:
            self._db.close()
