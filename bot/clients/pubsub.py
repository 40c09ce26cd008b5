"""Publish to a Pub/Sub topic, one message at a time, and return when the broker has it.

The library's batching publisher is left aside on purpose: it sends from a thread of its own,
which goes on after its caller gave up. One unary call has one deadline and one outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.api_core.exceptions import GoogleAPICallError
from google.api_core.retry import Retry
from google.pubsub_v1 import PublisherClient, PubsubMessage

from bot.clients.endpoint import grpc, translate
from bot.ports import Broken

if TYPE_CHECKING:
    from collections.abc import Mapping

DEADLINE = 5.0
"""Seconds until we give up, retries included: GitHub hangs up on the receiver after 10
(https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks)."""

RETRY = Retry(initial=0.1, maximum=1.0, timeout=DEADLINE)

LIMITS = {"attributes": 100, "key": 256, "value": 1024, "data": 10_000_000}
"""Attributes in number, the rest in bytes (https://cloud.google.com/pubsub/quotas)."""


class PubSubPublisher:
    """A `Publisher` to one topic; an empty `target` is the real thing, else `host:port`."""

    def __init__(self, project: str, topic: str, target: str) -> None:
        self._client = grpc(PublisherClient, target)
        self._topic = PublisherClient.topic_path(project, topic)

    def publish(self, data: bytes, attributes: dict[str, str]) -> None:
        """Return once the broker has it.

        Raises Transient when it did not say so in time, and Broken for a message that no broker
        would take, and for a topic that does not exist.
        """
        _check(data, attributes)
        message = PubsubMessage(data=data, attributes=attributes)
        try:
            with translate("Pub/Sub"):
                self._client.publish(
                    topic=self._topic, messages=[message], retry=RETRY, timeout=DEADLINE
                )
        except GoogleAPICallError as error:
            said = f"Pub/Sub refuses a message to {self._topic}: {error}"
            raise Broken(said) from error


def _check(data: bytes, attributes: Mapping[str, str]) -> None:
    """Refuse what the emulator takes and the real broker does not.

    A body is needed in any case: functions-framework answers 400 to a push without data, which
    Pub/Sub then repeats for ever.
    """
    if not data:
        message = "a message to Pub/Sub needs a body"
        raise Broken(message)
    if len(data) > LIMITS["data"]:
        message = f"a message to Pub/Sub has {len(data)} bytes, over the limit"
        raise Broken(message)
    if len(attributes) > LIMITS["attributes"]:
        message = f"a message to Pub/Sub has {len(attributes)} attributes, over the limit"
        raise Broken(message)
    for key, value in attributes.items():
        if len(key.encode()) > LIMITS["key"] or len(value.encode()) > LIMITS["value"]:
            message = f"the attribute {key[:40]!r} is too long for Pub/Sub"
            raise Broken(message)
