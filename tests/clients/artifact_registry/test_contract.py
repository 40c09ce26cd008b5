"""Tags over the wire: created once, moved on purpose only, refused in the registry's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.clients.artifact_registry import ArtifactRegistryClient, package_of
from bot.core.action import Accepted, Conflicted, Rejected, Tag
from bot.ports import Transient
from localcloud.google.artifact_registry import image_of
from localcloud.google.server import Google, GoogleSettings
from tests.clients.local_google import NoRuntime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE = "europe-west1-docker.pkg.dev/acme/backend/team/web"
ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
NAMES = {
    IMAGE: "projects/acme/locations/europe-west1/repositories/backend/packages/team%2Fweb",
    "gcr.io/acme/web": "projects/acme/locations/us/repositories/gcr.io/packages/web",
    "eu.gcr.io/acme/a/b": "projects/acme/locations/europe/repositories/eu.gcr.io/packages/a%2Fb",
}


class Store(NoRuntime):
    """A registry that holds two images of one name."""

    def __init__(self) -> None:
        self.names = {f"{IMAGE}@{ONE}": ONE, f"{IMAGE}@{TWO}": TWO}

    def tag(self, repository: str, tag: str, digest: str) -> None:
        self.names[f"{repository}:{tag}"] = digest

    def resolve(self, reference: str) -> str | None:
        return self.names.get(reference)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def client(tmp_path: Path, store: Store) -> Iterator[ArtifactRegistryClient]:
    google = Google(tmp_path, GoogleSettings(project="acme"), store, store, store)
    google.start()
    yield ArtifactRegistryClient(google.url)
    google.stop()


def wish(digest: str, *, moves: bool = True, tag: str = "prod") -> Tag:
    return Tag(image=IMAGE, tag=tag, digest=digest, moves=moves)


def test_a_tag_is_made_found_and_moved(client: ArtifactRegistryClient, store: Store) -> None:
    for digest in (ONE, ONE, TWO):
        assert isinstance(client.tag(wish(digest)), Accepted)
        assert store.names[f"{IMAGE}:prod"] == digest


def test_a_version_stays_where_it_is(client: ArtifactRegistryClient, store: Store) -> None:
    assert isinstance(client.tag(wish(ONE, moves=False)), Accepted)
    assert isinstance(client.tag(wish(ONE, moves=False)), Accepted)
    assert isinstance(client.tag(wish(TWO, moves=False)), Conflicted)
    assert store.names[f"{IMAGE}:prod"] == ONE


def test_an_image_that_is_not_there(client: ArtifactRegistryClient) -> None:
    outcome = client.tag(wish(f"sha256:{'3' * 64}"))
    assert isinstance(outcome, Rejected)
    assert outcome.detail == f"Version sha256:{'3' * 64} was not found."


def test_a_registry_that_cannot_be_reached() -> None:
    with pytest.raises(Transient):
        ArtifactRegistryClient("http://127.0.0.1:9").tag(wish(ONE))


@pytest.mark.parametrize(("image", "package"), NAMES.items())
def test_names_of_docker_and_of_the_api(image: str, package: str) -> None:
    assert package_of(image) == package
    assert image_of(package) == image
