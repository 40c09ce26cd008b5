"""Google's other Python clients over each transport they have, REST as well as gRPC."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import requests
from google.api_core import exceptions
from google.cloud import run_v2
from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.monitoring_v3 import MetricServiceClient
from google.cloud.secretmanager_v1 import SecretManagerServiceClient
from google.pubsub_v1 import PublisherClient, SubscriberClient

if TYPE_CHECKING:
    from tests.localcloud.google.conftest import Client, World

PROJECT = "projects/demo"
FORBIDDEN = 403
PLACE = f"{PROJECT}/locations/asia-northeast3"
WEB = f"{PLACE}/repositories/backend/packages/web"
IMAGE = "asia-northeast3-docker.pkg.dev/demo/backend/web"
DIGEST = f"sha256:{'a' * 64}"


def test_a_message_is_published_and_pulled(world: World, transport: str) -> None:
    publisher = world.client(PublisherClient, transport)
    subscriber = world.client(SubscriberClient, transport)
    topic, name = f"{PROJECT}/topics/events", f"{PROJECT}/subscriptions/mine"
    publisher.create_topic(name=topic)
    subscriber.create_subscription(name=name, topic=topic)
    publisher.publish(topic=topic, messages=[{"data": b"\xff\x00", "attributes": {"a": "b"}}])
    (received,) = subscriber.pull(subscription=name, max_messages=5).received_messages
    assert (received.message.data, dict(received.message.attributes)) == (b"\xff\x00", {"a": "b"})
    subscriber.acknowledge(subscription=name, ack_ids=[received.ack_id])
    assert [one.name for one in publisher.list_topics(project=PROJECT)] == [topic]
    with pytest.raises(exceptions.NotFound):
        publisher.publish(topic=f"{topic}-elsewhere", messages=[{"data": b"x"}])


def test_a_tag_is_made_moved_and_read(world: World, transport: str) -> None:
    registry = world.client(ArtifactRegistryClient, transport)
    version, moved = f"{WEB}/versions/{DIGEST}", f"{WEB}/versions/sha256:{'b' * 64}"
    registry.create_tag(parent=WEB, tag_id="prod", tag={"version": version})
    assert registry.get_tag(name=f"{WEB}/tags/prod").version == version
    registry.update_tag(tag={"name": f"{WEB}/tags/prod", "version": moved})
    assert world.images.tags == {f"{IMAGE}:prod": f"sha256:{'b' * 64}"}
    with pytest.raises(exceptions.Conflict):
        registry.create_tag(parent=WEB, tag_id="prod", tag={"version": version})
    with pytest.raises(exceptions.NotFound):
        registry.get_tag(name=f"{WEB}/tags/staging")


def test_secrets_are_read_by_people_and_by_revisions(world: World, transport: str) -> None:
    secrets = world.client(SecretManagerServiceClient, transport)
    key = f"{PROJECT}/secrets/key"
    secrets.create_secret(parent=PROJECT, secret_id="key", secret={})
    for value in (b"old", b"new"):
        secrets.add_secret_version(parent=key, payload={"data": value})
    latest = secrets.get_secret_version(name=f"{key}/versions/latest").name
    assert secrets.access_secret_version(name=latest).payload.data == b"new"
    services = world.client(run_v2.ServicesClient, transport)
    wanted = _reading("key", {"path": "it", "version": "1"})
    created = services.create_service(parent=PLACE, service=wanted, service_id="web").result()
    spec = world.revisions.running[created.latest_ready_revision]
    assert spec.env["KEY"] == "new"
    assert spec.files == {"/run/keys/it": "old", "/whole/key": "new"}


def test_a_secret_that_is_not_there_fails_the_revision(world: World, transport: str) -> None:
    services = world.client(run_v2.ServicesClient, transport)
    wanted = _reading("nothing")
    wanted.template.containers[0].env = []
    creating = services.create_service(parent=PLACE, service=wanted, service_id="web")
    with pytest.raises(exceptions.GoogleAPICallError, match="Permission denied on secret: nothing"):
        creating.result()


def test_those_without_rest_speak_grpc(world: World) -> None:
    for kind in (MetricServiceClient, LoggingServiceV2Client):
        with pytest.raises(KeyError):
            kind.get_transport_class("rest")
    metrics: Client = world.client(MetricServiceClient, "grpc")
    assert list(metrics.list_metric_descriptors(name=PROJECT))
    entries: Client = world.client(LoggingServiceV2Client, "grpc")
    assert list(entries.list_log_entries(request={"resource_names": [PROJECT]})) == []


def _reading(secret: str, *items: dict[str, str]) -> run_v2.Service:
    """A service that reads a secret as a variable, as a named file, and as a whole volume."""
    volumes = {
        "named": {"secret": secret, "items": items},
        "whole": {"secret": f"{PROJECT}/secrets/{secret}"},
    }
    container = run_v2.Container(
        image=f"{IMAGE}@{DIGEST}",
        env=[{"name": "KEY", "value_source": {"secret_key_ref": {"secret": secret}}}],
        volume_mounts=[
            {"name": "named", "mount_path": "/run/keys"},
            {"name": "whole", "mount_path": "/whole/"},
        ],
    )
    template = run_v2.RevisionTemplate(
        containers=[container],
        volumes=[{"name": name, "secret": one} for name, one in volumes.items()],
    )
    return run_v2.Service(template=template)


def test_clients_may_keep_their_connections(world: World) -> None:
    port = int(world.google.url.rpartition(":")[2])
    with ExitStack() as idle:
        for _ in range(200):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert requests.get(f"{world.google.url}/", timeout=10).status_code == FORBIDDEN
