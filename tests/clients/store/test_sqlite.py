"""One file under many processes, some of which die."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from bot.clients.store_sqlite import SqliteStore
from bot.core.model import Environment, Heads
from bot.ports import Broken, Record, Transient, Write
from tests.clients.store.records import ASK, ENVIRONMENT, HEADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[[str], subprocess.Popen[bytes]]

PROGRAM = "import sys; from tests.clients.store import workers; getattr(workers, sys.argv[1])()"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start another process on the same file; none outlives the test."""
    with ExitStack() as started:

        def one(work: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", PROGRAM, work, str(tmp_path / "store.db")]
            worker = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603  # our own
            started.enter_context(worker)
            started.callback(worker.kill)
            return worker

        yield one


def told(worker: subprocess.Popen[bytes]) -> bytes:
    assert worker.stdout is not None
    return worker.stdout.readline()


def test_increments_from_many_processes_are_exact(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    workers = [start("increment") for _ in range(8)]
    for worker in workers:
        worker.communicate(timeout=50)
    assert [worker.returncode for worker in workers] == [0] * 8
    stored = SqliteStore(path).get(Environment, ENVIRONMENT.key)
    assert stored is not None
    assert (stored[0].asked, stored[1]) == (200, 201)


def test_a_writer_killed_anywhere_leaves_whole_commits(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for round_ in range(3):
        worker = start("write_pairs")
        for _ in range(7 + 5 * round_):
            assert told(worker)
        worker.kill()
        worker.wait(timeout=10)
        left, right = (SqliteStore(path).get(Heads, key) for key in ("left", "right"))
        assert left is not None
        assert right is not None
        assert left[1] == right[1]
        assert left[0].first_seen == right[0].first_seen
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_writer_killed_inside_its_transaction_leaves_nothing(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    store.commit(Write(HEADS, 0))
    worker = start("hang_in_a_transaction")
    assert told(worker) == b"written\n"
    assert store.get(Heads, HEADS.key) == (HEADS, 1)
    worker.kill()
    worker.wait(timeout=10)
    assert store.get(Heads, HEADS.key) == (HEADS, 1)
    assert store.commit(Write(HEADS, 1))


def test_a_locked_file_is_transient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clients.store_sqlite.PATIENCE", 0.05)
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    store.commit(Write(ASK, 0))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient, match="SQLITE_BUSY"):
            store.commit(Write(ENVIRONMENT, 0))
        other.execute("ROLLBACK")
    assert store.commit(Write(ENVIRONMENT, 0))


def test_a_full_disk_is_transient_and_changes_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.commit(Write(HEADS, 0))
    with store._connection() as connection:  # noqa: SLF001  # stands for a disk without room
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    large = msgspec.structs.replace(ASK, text="x" * 100_000)
    with pytest.raises(Transient, match="SQLITE_FULL"):
        store.commit(Write(ENVIRONMENT, 0), Write(large, 0))
    assert store.get(Environment, ENVIRONMENT.key) is None


def test_a_path_that_cannot_be_opened_is_transient(tmp_path: Path) -> None:
    with pytest.raises(Transient, match="SQLITE_CANTOPEN"):
        SqliteStore(tmp_path / "missing" / "store.db").get(Heads, "x")


def test_a_file_that_is_no_store_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"no database at all, only words" * 100)
    with pytest.raises(Broken, match="damaged"):
        SqliteStore(path).get(Heads, "x")


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(Broken, match="version 99"):
        SqliteStore(path).get(Heads, "x")


def test_a_record_that_no_version_wrote_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    SqliteStore(path).commit(Write(HEADS, 0))
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE records SET body = x'7b7d'")
        raw.commit()
    with pytest.raises(Broken, match="Heads 7/12"):
        SqliteStore(path).get(Heads, HEADS.key)


@pytest.mark.parametrize("record", [ASK, ENVIRONMENT])
def test_what_the_engine_will_read_is_checked_before(tmp_path: Path, record: Record) -> None:
    path = tmp_path / "store.db"
    SqliteStore(path).check()
    SqliteStore(path).commit(Write(record, 0))
    SqliteStore(path).check()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE records SET body = x'7b7d'")
        raw.commit()
    with pytest.raises(Broken, match=f"{record.key} cannot be read"):
        SqliteStore(path).check()


def test_a_closed_store_opens_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.commit(Write(HEADS, 0))
    store.close()
    store.close()
    assert store.get(Heads, HEADS.key) == (HEADS, 1)
