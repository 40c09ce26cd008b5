"""Messages that wait for their subscriptions: on disk until each one has acknowledged."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.pubsub_v1 import types

from localcloud.google.protocol import raw
from localcloud.google.times import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from localcloud.google.disorder import Disorder
    from localcloud.google.protocol import Proto
    from localcloud.google.records import Records

MESSAGE = raw(types.PubsubMessage)
_RETENTION = 7 * 24 * 3600
"""Seconds after which an unacknowledged message is dropped: the service's default."""
_DUE = """
SELECT d.message, d.attempts, m.published, m.body FROM deliveries d JOIN messages m
  ON m.id = d.message
WHERE d.subscription = ? AND d.due <= ? AND (m.ordering_key = '' OR NOT EXISTS (
  SELECT 1 FROM deliveries e JOIN messages f ON f.id = e.message
  WHERE e.subscription = d.subscription AND f.ordering_key = m.ordering_key AND f.id < m.id))
ORDER BY d.message LIMIT ?
"""
_OUTDATED = """
DELETE FROM deliveries WHERE message IN (SELECT id FROM messages WHERE published < ?)
"""
_LEASE = "UPDATE deliveries SET due=?, attempts=?, ack_id=? WHERE subscription=? AND message=?"


@dataclass(frozen=True)
class Delivery:
    """One message on its way to one subscription; `attempt` counts from 1."""

    subscription: str
    ack_id: str
    attempt: int
    message: Proto


class MessageQueue:
    """Hands each message to a subscription under a lease until it is acknowledged."""

    def __init__(self, records: Records, disorder: Disorder | None = None) -> None:
        self._records = records
        self.disorder = disorder
        self._changed = threading.Condition()
        self._version = 0

    def publish(self, message: Proto, subscriptions: Sequence[str]) -> str:
        """Keep a message for these subscriptions and return its id."""
        now = time.time()
        with self._records.transaction() as connection:
            row = connection.execute(
                "INSERT INTO messages (ordering_key, published, body) VALUES (?, ?, ?)",
                (message.ordering_key, now, message.SerializeToString()),
            ).lastrowid
            connection.executemany(
                "INSERT INTO deliveries (subscription, message, due) VALUES (?, ?, ?)",
                [(subscription, row, now + self._lateness()) for subscription in subscriptions],
            )
            _forget_if_done(connection, int(row or 0))
        self.notify()
        return str(row)

    def _lateness(self) -> float:
        return self.disorder.lateness() if self.disorder else 0.0

    def take(self, subscription: str, limit: int, lease: float) -> list[Delivery]:
        """Return what is due, oldest first, and hide it for `lease` seconds."""
        now = time.time()
        with self._records.transaction() as connection:
            due = connection.execute(_DUE, (subscription, now, limit)).fetchall()
            taken = [
                Delivery(subscription, _ack_id(row), attempts + 1, _message(row, published, body))
                for row, attempts, published, body in due
            ]
            for one, (row, *_) in zip(taken, due, strict=True):
                lease_row = (now + lease, one.attempt, one.ack_id, subscription, row)
                connection.execute(_LEASE, lease_row)
        return taken

    def acknowledge(self, subscription: str, ack_id: str) -> None:
        """Be done with a delivery; an id of a former lease changes nothing."""
        with self._records.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM deliveries WHERE subscription=? AND ack_id=? RETURNING message",
                (subscription, ack_id),
            ).fetchall()
            for (row,) in gone:
                _forget_if_done(connection, row)
        self.notify()

    def acknowledge_push(self, delivery: Delivery) -> None:
        """Be done with a delivery that its endpoint took, unless disorder brings it once more."""
        message = delivery.message.message_id
        if self.disorder and self.disorder.comes_again(delivery.subscription, message):
            self.postpone(delivery.subscription, delivery.ack_id, self._lateness())
        else:
            self.acknowledge(delivery.subscription, delivery.ack_id)

    def postpone(self, subscription: str, ack_id: str, seconds: float) -> None:
        """Deliver again after this many seconds, or hide it for longer."""
        with self._records.transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET due=? WHERE subscription=? AND ack_id=?",
                (time.time() + seconds, subscription, ack_id),
            )
        self.notify()

    def next_due(self, subscription: str) -> float | None:
        """Return the unix time of the next delivery, None when nothing waits."""
        statement = "SELECT min(due) FROM deliveries WHERE subscription = ?"
        found: float | None = self._records.rows(statement, subscription)[0][0]
        return found

    def drop(self, subscription: str) -> None:
        """Forget everything that waits for a subscription."""
        with self._records.transaction() as connection:
            connection.execute("DELETE FROM deliveries WHERE subscription=?", (subscription,))
            _forget_undelivered(connection)

    def resume(self) -> None:
        """After a restart: leases of the former run end now, and outdated messages go."""
        now = time.time()
        with self._records.transaction() as connection:
            connection.execute("UPDATE deliveries SET due=min(due, ?)", (now,))
            connection.execute(_OUTDATED, (now - _RETENTION,))
            _forget_undelivered(connection)

    def version(self) -> int:
        """Return a number that every change raises."""
        return self._version

    def wait(self, seen: int, longest: float) -> None:
        """Wait until something has changed since this version.

        The records are never asked while this lock is held: their holder may be about to notify.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen, longest)

    def notify(self) -> None:
        """Wake everybody who waits."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()


def _ack_id(row: int) -> str:
    return f"{row}-{uuid.uuid4().hex}"


def _message(row: int, published: float, body: bytes) -> Proto:
    message = MESSAGE.FromString(body)
    message.message_id = str(row)
    message.publish_time.CopyFrom(stamp(published))
    return message


def _forget_if_done(connection: sqlite3.Connection, row: int) -> None:
    connection.execute(
        "DELETE FROM messages WHERE id=? AND id NOT IN (SELECT message FROM deliveries)", (row,)
    )


def _forget_undelivered(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM messages WHERE id NOT IN (SELECT message FROM deliveries)")
