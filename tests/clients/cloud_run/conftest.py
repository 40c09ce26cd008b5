"""The local Google, and a server that says what it is told to say."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from google.cloud import run_v2

from bot.clients.cloud_run import CloudRunClient
from bot.clients.endpoint import rest
from bot.core.configuration import ServiceKey
from tests.clients.answering import answering
from tests.clients.cloud_run.local_google import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.answering import Answers

NAMES = count(1)


@pytest.fixture(scope="session")
def google_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("google")) as url:
        yield url


@pytest.fixture
def answers() -> Iterator[Answers]:
    with answering() as server:
        yield server


@pytest.fixture
def key() -> ServiceKey:
    return ServiceKey("demo", "us-central1", f"web{next(NAMES)}")


@pytest.fixture
def client(google_url: str) -> CloudRunClient:
    return CloudRunClient(google_url)


@pytest.fixture
def gcloud(google_url: str) -> run_v2.ServicesClient:
    """Somebody else, at the same service."""
    return rest(run_v2.ServicesClient, google_url)
