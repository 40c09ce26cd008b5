"""A running service: the real process on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import requests
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SERVICE = Path(__file__).parents[1]


class Running(NamedTuple):
    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start the service with more environment; ends it with the test."""
    with ExitStack() as running:
        yield lambda **more: running.enter_context(_service(more))


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """Give the URL of one service, without Gemini, for the whole run."""
    with _service({}) as running:
        yield running.url


@contextmanager
def _service(more: dict[str, str]) -> Iterator[Running]:
    port = _free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, "HOST": "127.0.0.1", "PORT": str(port), **more}
    command = [sys.executable, "-m", "app"]
    with subprocess.Popen(  # noqa: S603  # our own service
        command, cwd=SERVICE, env=environment, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Running(_healthy(f"http://127.0.0.1:{port}"), process)
        finally:
            process.terminate()


@retry(
    retry=retry_if_exception_type(requests.ConnectionError),
    stop=stop_after_delay(30),
    wait=wait_fixed(0.05),
    reraise=True,
)
def _healthy(url: str) -> str:
    requests.get(f"{url}/health", timeout=5).raise_for_status()
    return url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
