"""Pub/Sub as a whole, with the scheduler's tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.google.disorder import Disorder
from localcloud.google.pubsub_queue import MessageQueue
from localcloud.google.pubsub_subscriptions import Subscriptions
from localcloud.google.pubsub_topics import Topics
from localcloud.google.push import Pusher
from localcloud.google.ticker import Ticker

if TYPE_CHECKING:
    from localcloud.google.issuer import Issuer
    from localcloud.google.protocol import MethodTable
    from localcloud.google.records import Records

TICKS = "deploy-ticks"
"""The topic that the scheduler publishes to."""


@dataclass(frozen=True)
class Pace:
    """How the scheduler ticks and messages travel.

    Ticks go to the project's topic TICKS every `tick` seconds. A `disorder` is the seed from which
    each pushed message is delivered twice and late, so that they overtake each other.
    """

    tick: float
    disorder: int | None = None


class PubSub:
    """Puts the parts together."""

    def __init__(self, records: Records, issuer: Issuer, pace: Pace, project: str) -> None:
        disorder = None if pace.disorder is None else Disorder(pace.disorder)
        self._queue = MessageQueue(records, disorder)
        self.topics = Topics(records, self._queue)
        self._subscriptions = Subscriptions(records, self._queue, self.topics)
        self._pusher = Pusher(self._queue, self._subscriptions, issuer)
        self._ticker = Ticker(self.topics, f"projects/{project}/topics/{TICKS}", pace.tick)

    def methods(self) -> MethodTable:
        """Return the methods of both of Pub/Sub's services."""
        return {**self.topics.methods(), **self._subscriptions.methods()}

    def start(self) -> None:
        """Deliver what waits since a former run, and tick."""
        self._queue.resume()
        self._pusher.start()
        self._ticker.start()

    def stop(self) -> None:
        """Deliver and tick no more."""
        self._ticker.stop()
        self._pusher.stop()
