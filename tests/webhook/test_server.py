"""The receiver as it runs: served by granian, spoken to over a socket."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tests.webhook.door import commented, pushed, signature

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

ROOT = Path(__file__).parents[2]
PATH = "/webhooks/github"
LARGEST = 25 * 1024 * 1024
BODY = json.dumps(pushed()).encode()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    server = _granian(number)
    try:
        _wait_for(number)
        yield number
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)


@pytest.fixture
def connection(port: int) -> Iterator[HTTPConnection]:
    connected = HTTPConnection("127.0.0.1", port, timeout=10)
    yield connected
    connected.close()


def _granian(port: int) -> subprocess.Popen[bytes]:
    words = ["--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    return subprocess.Popen(  # noqa: S603  # fixed words
        [sys.executable, "-m", "granian", *words, "tests.webhook.served:app"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        Event().wait(0.1)
    pytest.fail("granian does not answer")


def _head(connection: HTTPConnection, header: str, value: str) -> HTTPResponse:
    """Ask with headers alone; the body that they speak of never comes."""
    connection.putrequest("POST", PATH)
    connection.putheader(header, value)
    connection.endheaders()
    return connection.getresponse()


def _post(connection: HTTPConnection, body: bytes, **headers: str) -> HTTPResponse:
    given = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", **headers}
    connection.request("POST", PATH, body, given)
    return connection.getresponse()


def test_a_signed_delivery_is_accepted(connection: HTTPConnection) -> None:
    answer = _post(connection, BODY, **{"X-Hub-Signature-256": signature(BODY)})
    assert (answer.status, json.load(answer)) == (202, {"status": "accepted"})


def test_one_connection_serves_every_outcome(connection: HTTPConnection) -> None:
    chatter = json.dumps(commented("thanks")).encode()
    seen = []
    for body, given in [(BODY, signature(BODY)), (BODY, "no"), (chatter, signature(chatter))]:
        event = "push" if body == BODY else "issue_comment"
        answer = _post(connection, body, **{"X-Hub-Signature-256": given, "X-GitHub-Event": event})
        answer.read()
        seen.append(answer.status)
    assert seen == [202, 401, 204]


def test_too_large_is_refused_before_it_is_sent(connection: HTTPConnection) -> None:
    assert _head(connection, "Content-Length", str(LARGEST + 1)).status == 413


def test_the_largest_body_is_read(connection: HTTPConnection) -> None:
    body = b" " * LARGEST
    answer = _post(connection, body, **{"X-Hub-Signature-256": signature(body)})
    assert answer.status == 400


def test_a_body_without_a_length_is_refused(connection: HTTPConnection) -> None:
    assert _head(connection, "Transfer-Encoding", "chunked").status == 411


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_deliveries_are_posts(connection: HTTPConnection, method: str) -> None:
    connection.request(method, PATH)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/healthz", 200, {"status": "ok"}),
        ("GET", "/readyz", 200, {"status": "ready"}),
        ("GET", "/", 404, {"error": "not found"}),
        ("GET", PATH + "/", 404, {"error": "not found"}),
        ("POST", "/healthz", 405, {"error": "method not allowed"}),
    ],
)
def test_everything_else_is_flask(
    connection: HTTPConnection, method: str, path: str, status: int, told: dict[str, str]
) -> None:
    connection.request(method, path)
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)) == (status, told)
