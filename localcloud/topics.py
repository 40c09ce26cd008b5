"""Topics, push subscriptions and the source bucket, made through the real clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from google.api_core.exceptions import AlreadyExists, Conflict
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.protobuf import duration_pb2

from localcloud.bot_environment import BUCKET, PROJECT, PUSH_ACCOUNT

if TYPE_CHECKING:
    from localcloud.bot_environment import Endpoints

TOPICS = ("deploy-events", "cloud-builds", "deploy-ticks")
DEAD_LETTER = "deploy-dead-letters"
ACK_SECONDS = 120
DELIVERIES = 20


def make_topics(endpoints: Endpoints) -> None:
    """Make what is missing; what is there stays as it is."""
    channel = grpc.insecure_channel(endpoints.google_grpc)
    publisher = PublisherClient(
        transport=PublisherClient.get_transport_class("grpc")(channel=channel)
    )
    subscriber = SubscriberClient(
        transport=SubscriberClient.get_transport_class("grpc")(channel=channel)
    )
    for topic in (*TOPICS, DEAD_LETTER):
        try:
            publisher.create_topic(name=publisher.topic_path(PROJECT, topic))
        except AlreadyExists:
            continue
    for topic in TOPICS:
        _subscribe(subscriber, topic, endpoints.consumer)
    _keep_dead_letters(subscriber)
    channel.close()
    _make_bucket(endpoints.google)


def _subscribe(subscriber: SubscriberClient, topic: str, consumer: str) -> None:
    path = f"projects/{PROJECT}/topics/{topic}"
    subscription = {
        "name": subscriber.subscription_path(PROJECT, f"{topic}-to-consumer"),
        "topic": path,
        "ack_deadline_seconds": ACK_SECONDS,
        "push_config": {
            "push_endpoint": f"{consumer}/{path}",
            "oidc_token": {"service_account_email": PUSH_ACCOUNT, "audience": consumer},
        },
        "retry_policy": {"minimum_backoff": duration_pb2.Duration(nanos=200_000_000)},
        "dead_letter_policy": {
            "dead_letter_topic": f"projects/{PROJECT}/topics/{DEAD_LETTER}",
            "max_delivery_attempts": DELIVERIES,
        },
    }
    try:
        subscriber.create_subscription(request=subscription)
    except AlreadyExists:
        subscriber.modify_push_config(
            subscription=subscription["name"], push_config=subscription["push_config"]
        )


def _keep_dead_letters(subscriber: SubscriberClient) -> None:
    """Let somebody pull what nobody could handle; without a subscription it would be lost."""
    try:
        subscriber.create_subscription(
            name=subscriber.subscription_path(PROJECT, f"{DEAD_LETTER}-kept"),
            topic=f"projects/{PROJECT}/topics/{DEAD_LETTER}",
        )
    except AlreadyExists:
        return


def _make_bucket(google: str) -> None:
    client = storage.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]  # google-auth has no types
        client_options={"api_endpoint": google},
    )
    try:
        client.create_bucket(BUCKET)
    except Conflict:
        return
