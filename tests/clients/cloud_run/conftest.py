"""The local Google, and a server that always gives the one answer it is told to give."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING

import pytest
from google.cloud import run_v2

from bot.clients.cloud_run import CloudRunClient
from bot.clients.endpoint import rest
from bot.core.configuration import ServiceKey
from tests.clients.cloud_run.local_google import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = count(1)


class Answers(ThreadingHTTPServer):
    status = 200
    reason = ""
    retry_after = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Answers

    def do_GET(self) -> None:
        if not self.server.status:
            return  # the connection closes without an answer
        said = {"error": {"message": "these words", "status": self.server.reason}}
        body = json.dumps(said).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        if self.server.retry_after:
            self.send_header("Retry-After", self.server.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="session")
def google_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("google")) as url:
        yield url


@pytest.fixture
def answers() -> Iterator[Answers]:
    with Answers(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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
