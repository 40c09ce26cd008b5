"""google.pubsub.v1.Publisher: topics, and messages copied to their subscriptions.

https://cloud.google.com/pubsub/docs/reference/rpc/google.pubsub.v1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf import empty_pb2
from google.pubsub_v1 import types

from localcloud.google.errors import Code, refuse
from localcloud.google.filters import parse
from localcloud.google.paging import page_of
from localcloud.google.protocol import MethodTable, Proto, method, raw
from localcloud.google.pubsub_limits import check_name, check_publish
from localcloud.google.pubsub_queue import MESSAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.google.filter_values import Value
    from localcloud.google.pubsub_queue import MessageQueue
    from localcloud.google.records import Records

TOPIC, SUBSCRIPTION = raw(types.Topic), raw(types.Subscription)
_LIST, _PUBLISHED = raw(types.ListTopicsResponse), raw(types.PublishResponse)
_SUBSCRIPTIONS = raw(types.ListTopicSubscriptionsResponse)
_DELETED_TOPIC = "_deleted-topic_"


class Topics:
    """Keeps topics; everything else of this package publishes through it as well."""

    def __init__(self, records: Records, queue: MessageQueue) -> None:
        self._records = records
        self._queue = queue

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "CreateTopic": method(types.Topic, self._create),
            "GetTopic": method(types.GetTopicRequest, self._get),
            "ListTopics": method(types.ListTopicsRequest, self._list),
            "ListTopicSubscriptions": method(
                types.ListTopicSubscriptionsRequest, self._list_subscriptions
            ),
            "DeleteTopic": method(types.DeleteTopicRequest, self._delete),
            "Publish": method(types.PublishRequest, self._publish),
        }
        return {f"/google.pubsub.v1.Publisher/{name}": made for name, made in table.items()}

    def exists(self, topic: str) -> bool:
        """Return whether there is such a topic."""
        return self._records.get("topic", topic, TOPIC) is not None

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> None:
        """Publish a message; without such a topic nothing happens."""
        if self.exists(topic):
            self.deliver(topic, MESSAGE(data=data, attributes=dict(attributes)))

    def deliver(self, topic: str, message: Proto) -> str:
        """Copy a message to the topic's subscriptions whose filters let it pass."""
        takers = [
            one.name
            for one in self._subscriptions(topic)
            if parse(one.filter)(_attributes_of(message))
        ]
        return self._queue.publish(message, takers)

    def _subscriptions(self, topic: str) -> list[Proto]:
        project = topic.partition("/topics/")[0]
        every = self._records.under("subscription", "", SUBSCRIPTION)
        mine = [one for one in every if one.topic == topic]
        return sorted(mine, key=lambda one: (not one.name.startswith(project), one.name))

    def _create(self, request: Proto) -> Proto:
        check_name(request.name, "topics")
        with self._records.transaction():
            if self.exists(request.name):
                message = f"Resource already exists in the project (resource={request.name})."
                refuse(message, Code.ALREADY_EXISTS)
            self._records.put("topic", request.name, request)
        return request

    def _get(self, request: Proto) -> Proto:
        return self._topic(request.topic)

    def _topic(self, name: str) -> Proto:
        found = self._records.get("topic", name, TOPIC)
        if found is None:
            refuse(f"Resource not found (resource={name}).", Code.NOT_FOUND)
        return found

    def _list(self, request: Proto) -> Proto:
        found = self._records.under("topic", f"{request.project}/topics/", TOPIC)
        page, token = page_of(found, request)
        return _LIST(topics=page, next_page_token=token)

    def _list_subscriptions(self, request: Proto) -> Proto:
        self._topic(request.topic)
        names = [one.name for one in self._subscriptions(request.topic)]
        page, token = page_of(names, request)
        return _SUBSCRIPTIONS(subscriptions=page, next_page_token=token)

    def _delete(self, request: Proto) -> Proto:
        with self._records.transaction():
            self._topic(request.topic)
            self._records.delete("topic", request.topic)
            for subscription in self._subscriptions(request.topic):
                subscription.topic = _DELETED_TOPIC
                self._records.put("subscription", subscription.name, subscription)
        return empty_pb2.Empty()

    def _publish(self, request: Proto) -> Proto:
        self._topic(request.topic)
        check_publish(list(request.messages))
        with self._records.transaction():
            ids = [self.deliver(request.topic, message) for message in request.messages]
        return _PUBLISHED(message_ids=ids)


def _attributes_of(message: Proto) -> Callable[[tuple[str, ...]], Value]:
    def value_at(path: tuple[str, ...]) -> Value:
        name = ".".join(path[1:]) if path[:1] == ("attributes",) else ""
        return message.attributes[name] if name in message.attributes else None  # noqa: SIM401  # a protobuf map is no dict

    return value_at
