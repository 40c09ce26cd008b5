"""google.pubsub.v1.Subscriber: subscriptions, pulled or pushed.

https://cloud.google.com/pubsub/docs/reference/rpc/google.pubsub.v1
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from google.protobuf import empty_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.pubsub_v1 import types

from localcloud.google.dead_letters import DeadLetters
from localcloud.google.errors import Code, refuse
from localcloud.google.paging import page_of
from localcloud.google.protocol import MethodTable, Proto, method, patience, raw
from localcloud.google.pubsub_limits import check_name, check_subscription
from localcloud.google.pubsub_topics import SUBSCRIPTION, Topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.pubsub_queue import Delivery, MessageQueue
    from localcloud.google.records import Records

_LIST = raw(types.ListSubscriptionsResponse)
_PULLED, _RECEIVED = raw(types.PullResponse), raw(types.ReceivedMessage)
_DEFAULT_ACK_DEADLINE = 10
_LONGEST_POLL = 20.0
_NEXT_LOOK = 0.25
"""Seconds after which a long poll looks for leases that have run out."""
_MUTABLE = frozenset(
    "push_config ack_deadline_seconds labels retry_policy dead_letter_policy "  # noqa: SIM905  # a list of words
    "message_retention_duration expiration_policy retain_acked_messages".split()
)


class Subscriptions:
    """Keeps subscriptions; `changed` is called after each change of one, with its name."""

    def __init__(self, records: Records, queue: MessageQueue, topics: Topics) -> None:
        self._records = records
        self._queue = queue
        self._topics = topics
        self.dead_letters = DeadLetters(queue, topics)
        self.changed: Callable[[str], None] = lambda _: None

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "CreateSubscription": method(types.Subscription, self._create),
            "GetSubscription": method(types.GetSubscriptionRequest, self._get),
            "UpdateSubscription": method(types.UpdateSubscriptionRequest, self._update),
            "ListSubscriptions": method(types.ListSubscriptionsRequest, self._list),
            "DeleteSubscription": method(types.DeleteSubscriptionRequest, self._delete),
            "ModifyPushConfig": method(types.ModifyPushConfigRequest, self._modify_push_config),
            "Pull": method(types.PullRequest, self._pull),
            "Acknowledge": method(types.AcknowledgeRequest, self._acknowledge),
            "ModifyAckDeadline": method(types.ModifyAckDeadlineRequest, self._modify_ack_deadline),
        }
        return {f"/google.pubsub.v1.Subscriber/{name}": made for name, made in table.items()}

    def all(self) -> list[Proto]:
        """Return every subscription."""
        return self._records.under("subscription", "", SUBSCRIPTION)

    def find(self, name: str) -> Proto | None:
        """Return a subscription, None when absent."""
        return self._records.get("subscription", name, SUBSCRIPTION)

    def _subscription(self, name: str) -> Proto:
        found = self.find(name)
        if found is None:
            refuse(f"Resource not found (resource={name}).", Code.NOT_FOUND)
        return found

    def _save(self, subscription: Proto) -> Proto:
        check_subscription(subscription)
        self._records.put("subscription", subscription.name, subscription)
        self.changed(subscription.name)
        return subscription

    def _create(self, request: Proto) -> Proto:
        check_name(request.name, "subscriptions")
        if not self._topics.exists(request.topic):
            refuse(f"Resource not found (resource={request.topic}).", Code.NOT_FOUND)
        if self.find(request.name) is not None:
            message = f"Resource already exists in the project (resource={request.name})."
            refuse(message, Code.ALREADY_EXISTS)
        request.ack_deadline_seconds = request.ack_deadline_seconds or _DEFAULT_ACK_DEADLINE
        request.state = types.Subscription.State.ACTIVE
        return self._save(request)

    def _get(self, request: Proto) -> Proto:
        return self._subscription(request.subscription)

    def _update(self, request: Proto) -> Proto:
        current = self._subscription(request.subscription.name)
        paths = list(request.update_mask.paths)
        if not paths or not {path.partition(".")[0] for path in paths} <= _MUTABLE:
            refuse("Invalid update_mask provided in the UpdateSubscriptionRequest.")
        FieldMask(paths=paths).MergeMessage(
            request.subscription, current, replace_message_field=True, replace_repeated_field=True
        )
        return self._save(current)

    def _modify_push_config(self, request: Proto) -> Proto:
        current = self._subscription(request.subscription)
        current.push_config.CopyFrom(request.push_config)
        self._save(current)
        return empty_pb2.Empty()

    def _list(self, request: Proto) -> Proto:
        prefix = f"{request.project}/subscriptions/"
        page, token = page_of(self._records.under("subscription", prefix, SUBSCRIPTION), request)
        return _LIST(subscriptions=page, next_page_token=token)

    def _delete(self, request: Proto) -> Proto:
        self._subscription(request.subscription)
        with self._records.transaction():
            self._records.delete("subscription", request.subscription)
            self._queue.drop(request.subscription)
        self.changed(request.subscription)
        return empty_pb2.Empty()

    def _pull(self, request: Proto) -> Proto:
        """Return what is due; wait for something unless told not to, as the service does."""
        if request.max_messages <= 0:
            refuse("max_messages must be at least 1.")
        until = time.monotonic() + patience(0.0 if request.return_immediately else _LONGEST_POLL)
        while True:
            seen = self._queue.version()
            subscription = self._subscription(request.subscription)
            found = self._take(subscription, request.max_messages)
            if found or time.monotonic() >= until:
                return _PULLED(received_messages=[_received(subscription, one) for one in found])
            self._queue.wait(seen, min(_NEXT_LOOK, max(0.0, until - time.monotonic())))

    def _take(self, subscription: Proto, limit: int) -> list[Delivery]:
        lease = float(subscription.ack_deadline_seconds)
        taken = self._queue.take(subscription.name, limit, lease)
        return [one for one in taken if not self.dead_letters.took(subscription, one)]

    def _acknowledge(self, request: Proto) -> Proto:
        self._subscription(request.subscription)
        for ack_id in request.ack_ids:
            self._queue.acknowledge(request.subscription, ack_id)
        return empty_pb2.Empty()

    def _modify_ack_deadline(self, request: Proto) -> Proto:
        self._subscription(request.subscription)
        for ack_id in request.ack_ids:
            self._queue.postpone(request.subscription, ack_id, request.ack_deadline_seconds)
        return empty_pb2.Empty()


def _received(subscription: Proto, delivery: Delivery) -> Proto:
    counted = subscription.HasField("dead_letter_policy")
    return _RECEIVED(
        ack_id=delivery.ack_id,
        message=delivery.message,
        delivery_attempt=delivery.attempt if counted else 0,
    )
