"""The broker: this project's own, or Google's emulator where PUBSUB_EMULATOR_HOST names one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.clients.local_google import local_google

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it is, `host:port`."""
    emulator = os.environ.get("PUBSUB_EMULATOR_HOST")
    if emulator:
        yield emulator
        return
    with local_google(tmp_path_factory.mktemp("google")) as google:
        yield google.grpc_target
