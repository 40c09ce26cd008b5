"""Pub/Sub on the wire of the real clients: pulled, pushed, retried, given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.api_core import exceptions
from google.auth.transport.requests import Request
from google.oauth2 import id_token
from google.pubsub_v1 import PublisherClient, SubscriberClient

from tests.localcloud.google.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.localcloud.google.conftest import Client, MakeWorld, Until, World

TOPIC = "projects/demo/topics/deploy-events"
NAME = "projects/demo/subscriptions/consumer"
ACCOUNT = "pusher@demo.iam.gserviceaccount.com"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.stop()


@pytest.fixture
def publisher(world: World) -> Client:
    made = world.client(PublisherClient, "grpc")
    made.create_topic(name=TOPIC)
    return made


@pytest.fixture
def subscriber(world: World) -> Client:
    return world.client(SubscriberClient, "grpc")


@pytest.fixture
def publish(publisher: Client) -> Callable[..., str]:
    def send(text: str, **attributes: str) -> str:
        message = {"data": text.encode(), "attributes": attributes}
        return publisher.publish(topic=TOPIC, messages=[message]).message_ids[0]

    return send


def _push(subscriber: Client, endpoint: Endpoint, **fields: object) -> None:
    push = {
        "push_endpoint": endpoint.url,
        "oidc_token": {"service_account_email": ACCOUNT, "audience": "consumer"},
    }
    request = {"name": NAME, "topic": TOPIC, "push_config": push, **fields}
    subscriber.create_subscription(request=request)


def test_a_message_is_pulled_until_it_is_acknowledged(subscriber: Client, publish: Client) -> None:
    subscriber.create_subscription(name=NAME, topic=TOPIC)
    publish("one", kind="ask")
    first = subscriber.pull(subscription=NAME, max_messages=5).received_messages[0]
    assert (first.message.data, dict(first.message.attributes)) == (b"one", {"kind": "ask"})
    subscriber.modify_ack_deadline(
        subscription=NAME, ack_ids=[first.ack_id], ack_deadline_seconds=0
    )
    again = subscriber.pull(subscription=NAME, max_messages=5).received_messages[0]
    assert again.message.message_id == first.message.message_id
    subscriber.acknowledge(subscription=NAME, ack_ids=[again.ack_id])
    nothing = {"subscription": NAME, "max_messages": 5, "return_immediately": True}
    with pytest.warns(DeprecationWarning, match="return_immediately"):
        assert not subscriber.pull(request=nothing).received_messages


def test_a_push_carries_a_token_that_google_auth_verifies(
    world: World, subscriber: Client, publish: Client, endpoint: Endpoint, until: Until
) -> None:
    _push(subscriber, endpoint)
    message_id = publish("hello", traceparent="00-1-2-01")
    body, headers = until(lambda: endpoint.received and endpoint.received[0])
    message = body["message"]
    assert body["subscription"] == NAME
    assert message["messageId"] == message["message_id"] == message_id
    assert message["publishTime"] == message["publish_time"]
    assert message["attributes"] == {"traceparent": "00-1-2-01"}
    token = headers["Authorization"].removeprefix("Bearer ")
    for version in ("v1", "v3"):
        certs = f"{world.google.url}/oauth2/{version}/certs"
        claims = id_token.verify_token(token, Request(), "consumer", certs_url=certs)
        assert (claims["iss"], claims["email"]) == ("https://accounts.google.com", ACCOUNT)
        assert claims["email_verified"] is True
        with pytest.raises(Exception, match=r"audience|Audience"):
            id_token.verify_token(token, Request(), "another", certs_url=certs)


def test_a_refused_push_comes_again_until_it_is_acknowledged(
    subscriber: Client, publish: Client, endpoint: Endpoint, until: Until
) -> None:
    endpoint.refusals["stubborn"] = 3
    _push(subscriber, endpoint)
    publish("stubborn")
    until(lambda: len(endpoint.received) == 4)
    assert "deliveryAttempt" not in endpoint.received[-1][0]
    publish("next")
    until(lambda: "next" in endpoint.texts())
    assert endpoint.texts().count("stubborn") == 4


def test_an_undeliverable_message_goes_to_the_dead_letter_topic(
    publisher: Client, subscriber: Client, publish: Client, endpoint: Endpoint
) -> None:
    dead, name = "projects/demo/topics/dead", "projects/demo/subscriptions/dead"
    publisher.create_topic(name=dead)
    subscriber.create_subscription(name=name, topic=dead)
    endpoint.status = 500
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    retry = {"minimum_backoff": {"nanos": 10_000_000}, "maximum_backoff": {"nanos": 20_000_000}}
    _push(subscriber, endpoint, dead_letter_policy=policy, retry_policy=retry)
    publish("poison", kind="ask")
    letter = subscriber.pull(subscription=name, max_messages=1).received_messages[0].message
    assert [body["deliveryAttempt"] for body, _ in endpoint.received] == [1, 2, 3, 4, 5]
    assert letter.data == b"poison"
    source = "CloudPubSubDeadLetterSource"
    assert letter.attributes["kind"] == "ask"
    assert letter.attributes[f"{source}Subscription"] == "consumer"
    assert letter.attributes[f"{source}SubscriptionProject"] == "demo"
    assert letter.attributes[f"{source}DeliveryCount"] == "5"


def test_pushes_are_limited_in_number(
    subscriber: Client, publish: Client, endpoint: Endpoint, until: Until
) -> None:
    endpoint.gate.clear()
    _push(subscriber, endpoint)
    for number in range(20):
        publish(str(number))
    until(lambda: endpoint.busy == 8)
    endpoint.gate.set()
    until(lambda: len(endpoint.received) == 20)
    assert endpoint.most_busy == 8
    assert sorted(endpoint.texts(), key=int) == [str(number) for number in range(20)]


def test_unacknowledged_messages_survive_a_restart(
    world: World, subscriber: Client, publish: Client, endpoint: Endpoint, until: Until
) -> None:
    endpoint.status = 503
    _push(subscriber, endpoint, retry_policy={"minimum_backoff": {"seconds": 600}})
    publish("patient")
    until(lambda: endpoint.received)
    world.restart()
    endpoint.status = 200
    until(lambda: len(endpoint.received) == 2)
    assert endpoint.texts() == ["patient", "patient"]


def test_a_subscription_turned_to_another_endpoint_delivers_there(
    subscriber: Client, publish: Client, endpoint: Endpoint, until: Until
) -> None:
    subscriber.create_subscription(name=NAME, topic=TOPIC)
    publish("waiting")
    subscriber.modify_push_config(subscription=NAME, push_config={"push_endpoint": endpoint.url})
    until(lambda: endpoint.texts() == ["waiting"])
    assert "Authorization" not in endpoint.received[0][1]
    update = {"name": NAME, "ack_deadline_seconds": 60}
    subscriber.update_subscription(
        subscription=update, update_mask={"paths": ["ack_deadline_seconds"]}
    )
    found = subscriber.get_subscription(subscription=NAME)
    assert (found.ack_deadline_seconds, found.push_config.push_endpoint) == (60, endpoint.url)


def test_a_filter_lets_only_its_messages_through(subscriber: Client, publish: Client) -> None:
    subscriber.create_subscription(
        request={"name": NAME, "topic": TOPIC, "filter": 'attributes.kind = "ask"'}
    )
    publish("no", kind="tick")
    publish("yes", kind="ask")
    found = subscriber.pull(subscription=NAME, max_messages=5).received_messages
    assert [one.message.data for one in found] == [b"yes"]


def test_ordered_messages_wait_for_their_elders(publisher: Client, subscriber: Client) -> None:
    request = {"name": NAME, "topic": TOPIC, "enable_message_ordering": True}
    subscriber.create_subscription(request=request)
    for text in (b"1", b"2"):
        publisher.publish(topic=TOPIC, messages=[{"data": text, "ordering_key": "k"}])
    first = subscriber.pull(subscription=NAME, max_messages=5).received_messages
    assert [one.message.data for one in first] == [b"1"]
    subscriber.acknowledge(subscription=NAME, ack_ids=[first[0].ack_id])
    second = subscriber.pull(subscription=NAME, max_messages=5).received_messages
    assert [one.message.data for one in second] == [b"2"]


def test_a_slow_scheduler_ticks(make_world: MakeWorld) -> None:
    world = make_world(tick=0.05)
    publisher, subscriber = (
        world.client(PublisherClient, "grpc"),
        world.client(SubscriberClient, "grpc"),
    )
    topic, name = "projects/demo/topics/deploy-ticks", "projects/demo/subscriptions/ticks"
    publisher.create_topic(name=topic)
    subscriber.create_subscription(name=name, topic=topic)
    found = subscriber.pull(subscription=name, max_messages=1).received_messages
    assert found[0].message.data == b"{}"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({}, "both empty"),
        ({"data": b"x", "attributes": {"k": "v" * 1025}}, "at most 1024"),
        ({"data": b"x", "attributes": {"k" * 257: "v"}}, "1 to 256"),
        ({"data": b"x", "attributes": {str(n): "v" for n in range(101)}}, "at most 100"),
        ({"data": b"x" * 10_000_001}, "10 MB"),
    ],
)
def test_impossible_messages_are_refused(
    publisher: Client, message: dict[str, Any], reason: str
) -> None:
    with pytest.raises(exceptions.InvalidArgument, match=reason):
        publisher.publish(topic=TOPIC, messages=[message])


def test_what_is_absent_or_there_already_is_said(publisher: Client, subscriber: Client) -> None:
    absent = "projects/demo/topics/none"
    with pytest.raises(exceptions.NotFound):
        publisher.publish(topic=absent, messages=[{"data": b"x"}])
    with pytest.raises(exceptions.NotFound):
        subscriber.create_subscription(name=NAME, topic=absent)
    with pytest.raises(exceptions.AlreadyExists):
        publisher.create_topic(name=TOPIC)
    for bad in ("ab", "goog-x", "a b"):
        with pytest.raises(exceptions.InvalidArgument):
            publisher.create_topic(name=f"projects/demo/topics/{bad}")
    assert [one.name for one in publisher.list_topics(project="projects/demo")] == [TOPIC]
    publisher.delete_topic(topic=TOPIC)
    assert not list(publisher.list_topics(project="projects/demo"))
