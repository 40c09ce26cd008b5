"""The port `Secrets`, over the wire against the local Google."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from google.cloud import secretmanager_v1

from bot.clients.endpoint import rest
from bot.clients.secret_manager import SecretManagerClient
from bot.ports import Transient

if TYPE_CHECKING:
    from localcloud.google.server import Google

NUMBERS = count(1)


@pytest.fixture
def client(google: Google) -> SecretManagerClient:
    return SecretManagerClient(google.url)


@pytest.fixture
def owner(google: Google) -> secretmanager_v1.SecretManagerServiceClient:
    return rest(secretmanager_v1.SecretManagerServiceClient, google.url)


def made(owner: secretmanager_v1.SecretManagerServiceClient, *values: str) -> str:
    """A secret with these versions; its full name."""
    name = f"password-{next(NUMBERS)}"
    wanted = {"parent": "projects/demo", "secret_id": name, "secret": {}}
    secret = owner.create_secret(request=wanted)
    for value in values:
        payload = {"data": value.encode()}
        owner.add_secret_version(request={"parent": secret.name, "payload": payload})
    return str(secret.name)


def test_latest_is_the_newest_version_at_that_moment(
    client: SecretManagerClient, owner: secretmanager_v1.SecretManagerServiceClient
) -> None:
    full = made(owner, "one", "two")
    name = full.rpartition("/")[2]
    assert client.latest("demo", name) == "2"
    owner.add_secret_version(request={"parent": full, "payload": {"data": b"three"}})
    assert client.latest("demo", name) == "3"
    read = owner.access_secret_version(name=f"{full}/versions/2")
    assert read.payload.data == b"two"


def test_a_secret_of_another_project_is_named_in_full(
    client: SecretManagerClient, owner: secretmanager_v1.SecretManagerServiceClient
) -> None:
    assert client.latest("elsewhere", made(owner, "one")) == "1"


def test_without_a_version_there_is_none(
    client: SecretManagerClient, owner: secretmanager_v1.SecretManagerServiceClient
) -> None:
    assert client.latest("demo", "nobody") == ""
    assert client.latest("demo", made(owner)) == ""


def test_an_unreachable_server_is_transient() -> None:
    with pytest.raises(Transient):
        SecretManagerClient("http://127.0.0.1:9").latest("demo", "any")
