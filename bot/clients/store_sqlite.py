"""Records in one SQLite file, shared by every thread and process of one machine.

A record is its JSON plus the columns that are searched for. Every change is one transaction that
takes the write lock first, so the versions it compares cannot change under it.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from bot.core.deployment import Deployment
from bot.core.model import Ask, Environment
from bot.ports import Broken, Record, Transient

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.ports import R, Write

SCHEMA = 1
"""Written into the file; a file of another version is refused rather than misread."""

PATIENCE = 5.0
"""Seconds to wait for another writer; ours hold the lock for milliseconds."""

TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    wake_at INTEGER,
    parent TEXT NOT NULL,
    created_at INTEGER,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX IF NOT EXISTS due ON records (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS children ON records (kind, parent, created_at);
PRAGMA user_version = {SCHEMA};
COMMIT;
"""

VERSION = "SELECT version FROM records WHERE kind = ? AND key = ?"
READ = "SELECT version, body FROM records WHERE kind = ? AND key = ?"
WRITE = "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)"
DUE = "SELECT kind, key, body FROM records WHERE wake_at <= ? ORDER BY wake_at, key LIMIT ?"
HISTORY = """
SELECT kind, key, body FROM records WHERE kind = 'Deployment' AND parent = ?
ORDER BY created_at DESC, key DESC LIMIT ?
"""
RECENT = """
SELECT kind, key, body FROM records WHERE kind = 'Deployment'
ORDER BY created_at DESC, key DESC LIMIT ?
"""
ENVIRONMENTS = """
SELECT kind, key, body FROM records WHERE kind = 'Environment' AND parent = ? ORDER BY key
"""

FOLLOWED = """
SELECT kind, key, body FROM records WHERE wake_at IS NOT NULL OR kind = 'Environment'
"""

KINDS: dict[str, type[Record]] = {kind.__name__: kind for kind in Record.__args__}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


class SqliteStore:
    """A `Store` in the file at `path`, which is made at first use.

    Connections are opened at first use in each thread, so the store may be handed to threads, and
    to processes that are started before it is used. Raises Transient while the file is locked,
    full or not to be opened, and Broken when it holds what no version of ours wrote.
    """

    def __init__(self, path: Path | str, *, make: bool = True) -> None:
        """Take the file's path, and whether it may be made where it is not there yet."""
        self._path = f"{Path(path).absolute().as_uri()}?mode={'rwc' if make else 'rw'}"
        self._local = threading.local()

    def get(self, kind: type[R], key: str) -> tuple[R, int] | None:
        """Return the record and its version, or None."""
        rows = self._read(READ, kind.__name__, key)
        if not rows:
            return None
        version, body = rows[0]
        return _decoded(kind, key, body), version

    def commit(self, *writes: Write) -> bool:
        """Store all of them, or none when any version no longer holds."""
        rows = [_row(write) for write in writes]
        with self._connection() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            if any(_version(connection, write.record) != write.version for write in writes):
                return False
            connection.executemany(WRITE, rows)
        return True

    def due(self, now: datetime, limit: int) -> Sequence[Ask | Deployment]:
        """Return records with `wake_at` ≤ now, oldest first."""
        return cast("list[Ask | Deployment]", self._records(DUE, _micros(now), limit))

    def history(self, environment: str, limit: int) -> Sequence[Deployment]:
        """Return an environment's deployments, newest first."""
        return cast("list[Deployment]", self._records(HISTORY, environment, limit))

    def recent(self, limit: int) -> Sequence[Deployment]:
        """Return every environment's deployments, newest first."""
        return cast("list[Deployment]", self._records(RECENT, limit))

    def environments(self, repository: int) -> Sequence[Environment]:
        """Return a repository's environments, by name."""
        return cast("list[Environment]", self._records(ENVIRONMENTS, str(repository)))

    def check(self) -> None:
        """Read what is under way and every environment, making the file where there is none.

        Raises Broken for what another version wrote, and Transient.
        """
        self._records(FOLLOWED)

    def close(self) -> None:
        """Close the calling thread's connection; it opens again when it is needed."""
        connection = self._local.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def _records(self, query: str, *values: object) -> list[Any]:
        rows = self._read(query, *values)
        return [_decoded(KINDS[kind], key, body) for kind, key, body in rows]

    def _read(self, query: str, *values: object) -> list[Any]:
        with self._connection() as connection:
            return connection.execute(query, values).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            if not hasattr(self._local, "connection"):
                self._local.connection = _open(self._path)
            yield self._local.connection
        except sqlite3.OperationalError as error:
            message = f"the store cannot be used now: {error} ({error.sqlite_errorname})"
            raise Transient(message) from error
        except sqlite3.DatabaseError as error:
            message = f"the store is damaged: {error}"
            raise Broken(message) from error


def _open(path: str) -> sqlite3.Connection:
    """Open a connection without implicit transactions.

    Every commit is synced to disk (FULL): a message is acknowledged once its ask is stored, and
    then no other copy exists (https://www.sqlite.org/pragma.html#pragma_synchronous).
    """
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, uri=True)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found == 0:
        connection.executescript(TABLES)
    elif found != SCHEMA:
        message = f"the store has version {found}; this Spillway reads version {SCHEMA}"
        raise Broken(message)


def _version(connection: sqlite3.Connection, record: Record) -> int:
    found = connection.execute(VERSION, (type(record).__name__, record.key)).fetchone()
    return found[0] if found else 0


def _row(write: Write) -> tuple[object, ...]:
    record = write.record
    wake_at, parent, created_at = _searched(record)
    times = (_micros(wake_at), parent, _micros(created_at))
    body = msgspec.json.encode(record)
    return (type(record).__name__, record.key, write.version + 1, *times, body)


def _searched(record: Record) -> tuple[datetime | None, str, datetime | None]:
    """Return when it wants a look, whom it belongs to, and when it began."""
    match record:
        case Ask():
            return record.wake_at, "", record.created_at
        case Deployment():
            return record.wake_at, record.environment_key, record.created_at
        case Environment():
            return None, str(record.repository.id), None
        case _:
            return None, "", None


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // timedelta(microseconds=1)


def _decoded(kind: type[T], key: str, body: bytes) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        message = f"the stored {kind.__name__} {key} cannot be read: {error}"
        raise Broken(message) from error
