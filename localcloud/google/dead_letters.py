"""Messages that nobody could handle, moved to their dead-letter topic.

https://cloud.google.com/pubsub/docs/handling-failures#dead_letter_topic
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.json_format import MessageToDict

if TYPE_CHECKING:
    from localcloud.google.protocol import Proto
    from localcloud.google.pubsub_queue import Delivery, MessageQueue
    from localcloud.google.pubsub_topics import Topics

_SOURCE = "CloudPubSubDeadLetterSource"


def is_last(subscription: Proto, attempt: int) -> bool:
    """Return whether no attempt is left after this one."""
    if not subscription.HasField("dead_letter_policy"):
        return False
    return bool(attempt >= subscription.dead_letter_policy.max_delivery_attempts)


class DeadLetters:
    """Takes a delivery over once its attempts are used up."""

    def __init__(self, queue: MessageQueue, topics: Topics) -> None:
        self._queue = queue
        self._topics = topics

    def took(self, subscription: Proto, delivery: Delivery) -> bool:
        """Move a message whose attempts are used up; False leaves it with its subscription.

        As long as the dead-letter topic is missing, delivery goes on.
        """
        topic = subscription.dead_letter_policy.dead_letter_topic
        if not is_last(subscription, delivery.attempt - 1) or not self._topics.exists(topic):
            return False
        self._topics.deliver(topic, _labelled(subscription, delivery))
        self._queue.acknowledge(subscription.name, delivery.ack_id)
        return True


def _labelled(subscription: Proto, delivery: Delivery) -> Proto:
    message = type(delivery.message)()
    message.CopyFrom(delivery.message)
    _, project, _, name = subscription.name.split("/")
    published = MessageToDict(delivery.message)["publishTime"]
    message.attributes[f"{_SOURCE}DeliveryCount"] = str(delivery.attempt - 1)
    message.attributes[f"{_SOURCE}Subscription"] = name
    message.attributes[f"{_SOURCE}SubscriptionProject"] = project
    message.attributes[f"{_SOURCE}TopicPublishTime"] = published
    return message
