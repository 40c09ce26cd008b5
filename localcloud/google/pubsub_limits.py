"""What Pub/Sub refuses. https://cloud.google.com/pubsub/quotas#resource_limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.google.errors import Code, refuse
from localcloud.google.filters import parse

if TYPE_CHECKING:
    from localcloud.google.protocol import Proto

_NAME = re.compile(
    r"projects/[^/]+/(topics|subscriptions)/(?!goog)[A-Za-z][-0-9A-Za-z_.~+%]{2,254}"
)
_MOST_MESSAGES, _MOST_BYTES = 1000, 10_000_000
_MOST_ATTRIBUTES, _LONGEST_KEY, _LONGEST_VALUE = 100, 256, 1024
_ACK_DEADLINES = range(10, 601)
_DELIVERY_ATTEMPTS = range(5, 101)


def check_name(name: str, collection: str) -> None:
    """Refuse a name that is no topic's or no subscription's."""
    found = _NAME.fullmatch(name)
    if not found or found[1] != collection:
        refuse(f"Invalid resource name given (name={name}).")


def check_publish(messages: list[Proto]) -> None:
    """Refuse a publish request that is too large or holds a message that cannot be published."""
    if not messages:
        refuse("The value for message_count is too small. You passed 0 in the request.")
    if len(messages) > _MOST_MESSAGES or sum(one.ByteSize() for one in messages) > _MOST_BYTES:
        refuse("A publish request holds at most 1000 messages and 10 MB.")
    for message in messages:
        _check_message(message)


def _check_message(message: Proto) -> None:
    if not message.data and not message.attributes:
        refuse("Some messages in the batch are invalid: data and attributes are both empty.")
    if len(message.attributes) > _MOST_ATTRIBUTES:
        refuse("A message holds at most 100 attributes.")
    for key, value in message.attributes.items():
        if not key or len(key.encode()) > _LONGEST_KEY or len(value.encode()) > _LONGEST_VALUE:
            refuse(f"Attribute '{key[:40]}': a key is 1 to 256 bytes, a value at most 1024.")


def check_subscription(subscription: Proto) -> None:
    """Refuse settings that the service refuses, and by name what this server does not do."""
    if subscription.ack_deadline_seconds not in _ACK_DEADLINES:
        refuse("ack_deadline_seconds must be between 10 and 600.")
    parse(subscription.filter)
    _check_push(subscription.push_config)
    if subscription.HasField("dead_letter_policy"):
        attempts = subscription.dead_letter_policy.max_delivery_attempts
        if attempts not in _DELIVERY_ATTEMPTS:
            refuse("max_delivery_attempts must be between 5 and 100.", Code.OUT_OF_RANGE)
    if subscription.enable_exactly_once_delivery:
        refuse("Exactly-once delivery is not served by the local cloud.", Code.UNIMPLEMENTED)


def _check_push(push: Proto) -> None:
    endpoint = push.push_endpoint
    if endpoint and not endpoint.startswith(("http://", "https://")):
        refuse(f"Invalid push endpoint given (endpoint={endpoint}).")
    if push.HasField("no_wrapper"):
        refuse("Unwrapped push is not served by the local cloud.", Code.UNIMPLEMENTED)
    if push.HasField("oidc_token") and not push.oidc_token.service_account_email:
        refuse("oidc_token: service_account_email must be set.")
