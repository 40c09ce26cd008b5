"""A local Google that holds the source of a commit, and a server that says what it is told to."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest
import requests

from tests.clients.answering import answering
from tests.clients.cloud_run.local_google import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.answering import Answers

FOLDERS = ("services/ai-service", "services/broken", "services/held")


def tarball() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for folder in FOLDERS:
            text = b"FROM scratch\n"
            file = tarfile.TarInfo(f"{folder}/Dockerfile")
            file.size = len(text)
            archive.addfile(file, io.BytesIO(text))
    return packed.getvalue()


@pytest.fixture(scope="session")
def google_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("google")) as url:
        yield url


@pytest.fixture
def answers() -> Iterator[Answers]:
    with answering() as server:
        yield server


@pytest.fixture(scope="session")
def source(google_url: str) -> str:
    """Store the source as the bot would, and say where."""
    buckets = f"{google_url}/storage/v1/b?project=demo"
    requests.post(buckets, json={"name": "sources"}, timeout=10).raise_for_status()
    upload = f"{google_url}/upload/storage/v1/b/sources/o"
    query = {"uploadType": "media", "name": "1/abc.tar.gz"}
    requests.post(upload, params=query, data=tarball(), timeout=10).raise_for_status()
    return "gs://sources/1/abc.tar.gz"
