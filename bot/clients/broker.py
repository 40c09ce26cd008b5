"""Topics and subscriptions as their administrator sees them; nothing is made or changed here."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError
from google.pubsub_v1 import PublisherClient, SubscriberClient

from bot.clients.endpoint import DEADLINE, grpc, translate
from bot.core.examined import LetterSeen, SubscriptionSeen
from bot.ports import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.pubsub_v1 import ReceivedMessage, Subscription

WHAT = "Pub/Sub"
MOST_LETTERS = 100
PATIENCE, ASKED = 0.7, 3
"""Seconds to wait for the first dead letter, and how often: a pull may come back empty although
something waits (https://cloud.google.com/pubsub/docs/pull#pull_api)."""
GIVEN_UP_BY = "CloudPubSubDeadLetterSourceSubscription"
"""https://cloud.google.com/pubsub/docs/handling-failures#dead_letter_topic"""


class PubSubBroker:
    """The port `Broker` for one project; an empty `target` is the real thing, else `host:port`."""

    def __init__(self, project: str, target: str) -> None:
        self._project = project
        self._publisher = grpc(PublisherClient, target)
        self._subscriber = grpc(SubscriberClient, target)

    def subscriptions(self, topic: str) -> tuple[SubscriptionSeen, ...]:
        """Return a topic's subscriptions; raise Broken when there is no such topic."""
        with _answered(f"topic {topic}"):
            path = PublisherClient.topic_path(self._project, topic)
            names = self._publisher.list_topic_subscriptions(topic=path, timeout=DEADLINE)
            return tuple(
                _seen(self._subscriber.get_subscription(subscription=name, timeout=DEADLINE))
                for name in names
            )

    def letters(self, subscription: str) -> tuple[LetterSeen, ...]:
        """Return up to a hundred messages that wait there; they go on waiting."""
        path = SubscriberClient.subscription_path(self._project, subscription)
        with _answered(f"subscription {subscription}"):
            pulled = self._pulled(path)
            if pulled:
                self._subscriber.modify_ack_deadline(
                    subscription=path,
                    ack_ids=[one.ack_id for one in pulled],
                    ack_deadline_seconds=0,
                    timeout=DEADLINE,
                )
            return tuple(_letter(one) for one in pulled)

    def _pulled(self, path: str) -> list[ReceivedMessage]:
        """Return what is there; where nothing is, Pub/Sub lets us wait, and we do not wait long."""
        for _ in range(ASKED):
            with suppress(DeadlineExceeded):
                pulled = self._subscriber.pull(
                    subscription=path, max_messages=MOST_LETTERS, retry=None, timeout=PATIENCE
                )
                if pulled.received_messages:
                    return list(pulled.received_messages)
        return []


@contextmanager
def _answered(what: str) -> Iterator[None]:
    try:
        with translate(WHAT):
            yield
    except GoogleAPICallError as error:
        message = f"{what}: {error}"
        raise Broken(message) from error


def _seen(found: Subscription) -> SubscriptionSeen:
    push = found.push_config
    return SubscriptionSeen(
        name=found.name.rpartition("/")[2],
        endpoint=push.push_endpoint,
        audience=push.oidc_token.audience,
        account=push.oidc_token.service_account_email,
        ack_seconds=found.ack_deadline_seconds,
        dead_letter_topic=found.dead_letter_policy.dead_letter_topic,
    )


def _letter(one: ReceivedMessage) -> LetterSeen:
    published = cast("datetime", one.message.publish_time).astimezone(UTC)
    given_up_by = one.message.attributes.get(GIVEN_UP_BY, "elsewhere")
    return LetterSeen(subscription=given_up_by, published=published)
