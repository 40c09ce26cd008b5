"""A message is with the broker when `publish` returns, or we hear that it is not."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient

from bot.clients.endpoint import grpc
from bot.clients.pubsub import PubSubPublisher
from bot.ports import Broken, Transient
from tests.clients.local_google import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.pubsub_v1 import PubsubMessage


TOPIC = f"projects/{PROJECT}/topics/deploy-events"
SUBSCRIPTION = f"projects/{PROJECT}/subscriptions/all"


@pytest.fixture
def subscriber(broker: str) -> Iterator[SubscriberClient]:
    topics = grpc(PublisherClient, broker)
    subscriber = grpc(SubscriberClient, broker)
    topics.create_topic(name=TOPIC)
    subscriber.create_subscription(name=SUBSCRIPTION, topic=TOPIC)
    yield subscriber
    subscriber.delete_subscription(subscription=SUBSCRIPTION)
    topics.delete_topic(topic=TOPIC)


@pytest.fixture
def publisher(broker: str) -> PubSubPublisher:
    return PubSubPublisher(PROJECT, "deploy-events", broker)


def received(subscriber: SubscriberClient) -> list[PubsubMessage]:
    pulled = subscriber.pull(subscription=SUBSCRIPTION, max_messages=100, timeout=5)
    return [one.message for one in pulled.received_messages]


def test_a_message_arrives_whole(publisher: PubSubPublisher, subscriber: SubscriberClient) -> None:
    publisher.publish("{오늘}".encode(), {"traceparent": "00-1", "kind": "look"})
    (message,) = received(subscriber)
    assert message.data == "{오늘}".encode()
    assert dict(message.attributes) == {"traceparent": "00-1", "kind": "look"}


def test_many_threads_may_publish(publisher: PubSubPublisher, subscriber: SubscriberClient) -> None:
    sent = [f"{number}".encode() for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: publisher.publish(data, {}), sent))
    arrived: set[bytes] = set()
    while len(arrived) < len(sent):
        arrived |= {message.data for message in received(subscriber)}
    assert arrived == set(sent)


@pytest.mark.usefixtures("subscriber")
@pytest.mark.parametrize(
    ("data", "attributes"),
    [
        (b"", {}),
        (b"{}", {str(number): "" for number in range(101)}),
        (b"{}", {"x" * 257: ""}),
        (b"{}", {"key": "오" * 342}),
        (b"x" * 10_000_001, {}),
    ],
)
def test_what_no_broker_takes_is_broken(
    publisher: PubSubPublisher, data: bytes, attributes: dict[str, str]
) -> None:
    with pytest.raises(Broken):
        publisher.publish(data, attributes)


def test_a_refused_message_does_not_spoil_the_next(
    publisher: PubSubPublisher, subscriber: SubscriberClient
) -> None:
    with pytest.raises(Broken):
        publisher.publish(b"x" * 10_000_001, {})
    publisher.publish(b"{}", {})
    assert [message.data for message in received(subscriber)] == [b"{}"]


def test_a_topic_that_is_not_there_is_broken(broker: str) -> None:
    with pytest.raises(Broken, match="no-such-topic"):
        PubSubPublisher(PROJECT, "no-such-topic", broker).publish(b"{}", {})


def test_a_broker_that_is_away_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clients.pubsub.DEADLINE", 0.3)
    monkeypatch.setattr("bot.clients.pubsub.RETRY", None)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(Transient):
            PubSubPublisher(PROJECT, "deploy-events", target).publish(b"{}", {})


def test_a_broker_that_does_not_answer_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clients.pubsub.DEADLINE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Transient):
            PubSubPublisher(PROJECT, "deploy-events", target).publish(b"{}", {})


def test_plain_text_stays_on_this_machine() -> None:
    with pytest.raises(Broken, match=r"pubsub\.example"):
        PubSubPublisher(PROJECT, "deploy-events", "pubsub.example:80")
