"""Gemini as the service meets it: a Vertex AI endpoint on the wire, well, wrong or absent."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import requests
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Running


class Vertex(ThreadingHTTPServer):
    """A metadata server and a Vertex AI in one; `says` is what the model answers."""

    says = '{"emotion": "calm", "confidence": 0.9, "words": ["차분"]}'
    status = 200
    asked: list[str]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Route(BaseHTTPRequestHandler):
    server: Vertex

    def do_GET(self) -> None:
        if "service-accounts/default/token" in self.path:
            self._answer({"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})
        elif "service-accounts/default" in self.path:
            self._answer({"email": "sa@example.test", "scopes": [], "aliases": ["default"]})
        else:
            self._answer({})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)
        if ":countTokens" in self.path:
            self._answer({"totalTokens": 1})
        else:
            part = {"content": {"role": "model", "parts": [{"text": self.server.says}]}}
            self._answer({"candidates": [part]}, self.server.status)

    def _answer(self, body: object, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def vertex() -> Iterator[Vertex]:
    with Vertex(("127.0.0.1", 0), Route) as server:
        server.asked = []
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def asks_vertex(start: Callable[..., Running], vertex: Vertex) -> str:
    running = start(
        VERTEX_AI_LOCATION="asia-northeast3",
        GOOGLE_CLOUD_PROJECT="a-project",
        GOOGLE_VERTEX_BASE_URL=f"http://{vertex.address}",
        GCE_METADATA_HOST=vertex.address,
        GCE_METADATA_IP=vertex.address,
        MODEL_NAME="gemini-test",
    )
    return running.url


@retry(
    retry=retry_if_result(lambda told: "not reached yet" in told.get("note", "")),
    stop=stop_after_delay(30),
    wait=wait_fixed(0.05),
)
def analysed(url: str) -> dict[str, object]:
    """Ask until the background connection has an outcome."""
    answer = requests.post(f"{url}/analyze", json={"text": "차분하고 좋아"}, timeout=10)
    assert answer.status_code == 200
    return answer.json()


def test_gemini_answers_when_it_is_there(asks_vertex: str, vertex: Vertex) -> None:
    told = analysed(asks_vertex)
    assert (told["emotion"], told["confidence"]) == ("calm", 0.9)
    assert told["analyser"] == "gemini:gemini-test"
    assert "note" not in told
    assert "/projects/a-project/locations/asia-northeast3/" in vertex.asked[-1]


def test_nonsense_from_gemini_falls_back_and_says_so(asks_vertex: str, vertex: Vertex) -> None:
    vertex.says = '{"emotion": "purple"}'
    told = analysed(asks_vertex)
    assert (told["emotion"], told["analyser"]) == ("joy", "embedded")
    assert "not the JSON asked for" in told["note"]


def test_a_failing_gemini_is_remembered_and_not_asked_again(
    asks_vertex: str, vertex: Vertex
) -> None:
    vertex.status = 403
    assert "Gemini failed: ClientError" in analysed(asks_vertex)["note"]
    asked = len(vertex.asked)
    assert "Gemini failed: ClientError" in analysed(asks_vertex)["note"]
    assert len(vertex.asked) == asked


def test_an_unreachable_vertex_falls_back_and_says_so(start: Callable[..., Running]) -> None:
    running = start(
        VERTEX_AI_LOCATION="asia-northeast3",
        GOOGLE_CLOUD_PROJECT="a-project",
        GOOGLE_VERTEX_BASE_URL="http://127.0.0.1:9",
        GCE_METADATA_HOST="127.0.0.1:9",
        GCE_METADATA_IP="127.0.0.1:9",
    )
    told = analysed(running.url)
    assert (told["emotion"], told["analyser"]) == ("joy", "embedded")
