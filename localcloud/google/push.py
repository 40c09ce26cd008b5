"""Push delivery: each message goes to its endpoint until that acknowledges it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from localcloud.google.dead_letters import is_last
from localcloud.google.push_requests import Poster

if TYPE_CHECKING:
    from localcloud.google.issuer import Issuer
    from localcloud.google.protocol import Proto
    from localcloud.google.pubsub_queue import Delivery, MessageQueue
    from localcloud.google.pubsub_subscriptions import Subscriptions

_AT_ONCE = 8
"""Deliveries under way per subscription."""
_SHORTEST_RETRY, _LONGEST_RETRY = 0.1, 10.0
_MOST_DOUBLINGS = 20
_SHORTEST_REST, _LONGEST_REST = 0.02, 10.0
_PATIENCE = 2.0
"""Seconds that a stop waits for deliveries under way."""


def retry_after(subscription: Proto, attempt: int) -> float:
    """Return for how many seconds a refused message rests: doubling, within the retry policy."""
    if is_last(subscription, attempt):
        return 0.0
    shortest, longest = _SHORTEST_RETRY, _LONGEST_RETRY
    policy = subscription.retry_policy
    if policy.HasField("minimum_backoff"):
        shortest = policy.minimum_backoff.ToTimedelta().total_seconds()
    if policy.HasField("maximum_backoff"):
        longest = policy.maximum_backoff.ToTimedelta().total_seconds()
    doubled = shortest * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)
    return float(min(max(longest, shortest), doubled))


class Pusher:
    """Runs one delivery loop per subscription that ever was a push subscription."""

    def __init__(self, queue: MessageQueue, subscriptions: Subscriptions, issuer: Issuer) -> None:
        self._queue = queue
        self._subscriptions = subscriptions
        self._poster = Poster(issuer, _AT_ONCE)
        self._lock = threading.Lock()
        self._loops: dict[str, PushLoop] = {}

    def start(self) -> None:
        """Deliver for every push subscription there is, and for those to come."""
        self._subscriptions.changed = self._look
        for subscription in self._subscriptions.all():
            self._look(subscription.name)

    def stop(self) -> None:
        """Start no more deliveries; those under way get a moment to end."""
        until = time.monotonic() + _PATIENCE
        for loop in self._loops.values():
            loop.stop()
        for loop in self._loops.values():
            loop.join(until)
        self._poster.close()

    def _look(self, name: str) -> None:
        with self._lock:
            subscription = self._subscriptions.find(name)
            if subscription is not None and _is_push(subscription) and name not in self._loops:
                self._loops[name] = PushLoop(name, self._queue, self._subscriptions, self._poster)


class PushLoop:
    """Delivers for one subscription; rests while it is gone or is pulled."""

    def __init__(
        self, name: str, queue: MessageQueue, subscriptions: Subscriptions, poster: Poster
    ) -> None:
        self._name = name
        self._queue = queue
        self._subscriptions = subscriptions
        self._poster = poster
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._under_way: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._run, name=f"push {name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the loop at its next turn."""
        self._stopping.set()
        self._queue.notify()

    def join(self, until: float) -> None:
        """Wait for everything under way, at most until this monotonic time."""
        with self._lock:
            threads = [self._thread, *self._under_way]
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while not self._stopping.is_set():
            seen = self._queue.version()
            subscription = self._subscriptions.find(self._name)
            pushes = subscription is not None and _is_push(subscription)
            if not pushes or not self._deliver_due(subscription):
                self._rest(seen, pushes=pushes)

    def _room(self) -> int:
        return _AT_ONCE - len(self._under_way)

    def _deliver_due(self, subscription: Proto) -> bool:
        """Start deliveries as far as there is room; False when there was nothing to start."""
        lease = subscription.ack_deadline_seconds + _PATIENCE
        due = self._queue.take(self._name, self._room(), lease)
        for delivery in due:
            if not self._subscriptions.dead_letters.took(subscription, delivery):
                self._deliver_beside(subscription, delivery)
        return bool(due)

    def _rest(self, seen: int, *, pushes: bool) -> None:
        """Wait until something has changed or, as long as there is room for it, is due."""
        waits = pushes and self._room() > 0
        due = self._queue.next_due(self._name) if waits else None
        left = due - time.time() if due is not None else _LONGEST_REST
        self._queue.wait(seen, min(max(left, _SHORTEST_REST), _LONGEST_REST))

    def _deliver_beside(self, subscription: Proto, delivery: Delivery) -> None:
        thread = threading.Thread(target=self._deliver, args=(subscription, delivery), daemon=True)
        with self._lock:
            self._under_way.add(thread)
        thread.start()

    def _deliver(self, subscription: Proto, delivery: Delivery) -> None:
        acknowledged = self._poster.post(subscription, delivery)
        with self._lock:
            self._under_way.discard(threading.current_thread())
        if self._stopping.is_set():
            return
        if acknowledged:
            self._queue.acknowledge_push(delivery)
        else:
            rest = retry_after(subscription, delivery.attempt)
            self._queue.postpone(self._name, delivery.ack_id, rest)


def _is_push(subscription: Proto) -> bool:
    return bool(subscription.push_config.push_endpoint)
