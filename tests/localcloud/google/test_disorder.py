"""A Pub/Sub in disorder: all that it pushes comes twice and shuffled, and is what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient

from tests.localcloud.google.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.localcloud.google.conftest import MakeWorld, Until

TOPIC = "projects/demo/topics/deploy-events"
NUMBERS = [str(number) for number in range(20)]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.stop()


def test_everything_comes_twice_and_shuffled(
    make_world: MakeWorld, endpoint: Endpoint, until: Until
) -> None:
    world = make_world(tick=3600, disorder=7)
    publisher = world.client(PublisherClient, "grpc")
    publisher.create_topic(name=TOPIC)
    world.client(SubscriberClient, "grpc").create_subscription(
        request={
            "name": "projects/demo/subscriptions/consumer",
            "topic": TOPIC,
            "push_config": {"push_endpoint": endpoint.url},
        }
    )
    for number in NUMBERS:
        publisher.publish(topic=TOPIC, messages=[{"data": number.encode()}])
    until(lambda: len(endpoint.received) == 2 * len(NUMBERS))
    assert sorted(endpoint.texts()) == sorted(2 * NUMBERS)
    assert list(dict.fromkeys(endpoint.texts())) != NUMBERS
    times = {(m["message"]["messageId"], m["message"]["publishTime"]) for m, _ in endpoint.received}
    assert len(times) == len(NUMBERS)
