"""No error's text, which ends on a pull request, tells a capability or repeats a page of HTML."""

from __future__ import annotations

import json
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from google.api_core import exceptions as google
from google.auth import exceptions as auth
from google.cloud import run_v2

from bot.clients import storage
from bot.clients.cloud_run import CloudRunClient
from bot.clients.endpoint import grpc, message_of, plain, translate
from bot.core.configuration import ServiceKey
from bot.ports import Broken, Transient
from tests.clients.storage.tarballs import ORDINARY, tarball

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "canary-token"
LINK = f"https://storage.test/o?upload_id={CANARY}"
HTML = f"<html><h1>Oops</h1><a href='{LINK}'>again</a></html>".encode()
KEY = ServiceKey("p", "r", "s")
WORDS = json.dumps({"error": {"message": f"No.\r\nSee\x1b[31m {LINK} {'and so on ' * 100}"}})
TROUBLE = {
    "dropped": (0, b""),
    "silent": (-1, b""),
    "502 in HTML": (502, HTML),
    "410 in HTML": (410, HTML),
    "403 in JSON": (403, WORDS.encode()),
}


class Server(ThreadingHTTPServer):
    """Begins an upload under a capability, and fails with the rest of it."""

    daemon_threads = True
    status, body = 0, b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Response)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.over = threading.Event()
        self.asked: list[str] = []


class Response(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path.startswith("/storage/"):
            self.answer(404, b"")
        else:
            self.fail()

    def do_POST(self) -> None:
        self.answer(200, b"{}", Location=f"{self.server.url}/upload?upload_id={CANARY}")

    def do_PUT(self) -> None:
        self.fail()

    def fail(self) -> None:
        self.server.asked.append(self.path)
        if self.server.status < 0:
            self.server.over.wait(20)
        elif self.server.status:
            self.answer(self.server.status, self.server.body)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(storage, "DEADLINE", 0.3)
    monkeypatch.setattr(storage, "RETRY", storage.RETRY.with_timeout(0.1))
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def discreet(error: BaseException) -> str:
    """Return the text of an error that tells nothing, in a log neither."""
    printed = "".join(traceback.format_exception(error))
    for told in (CANARY, "upload_id", "<html", "\x1b"):
        assert told not in printed
    assert len(str(error).splitlines()) == 1
    return str(error)


@pytest.mark.parametrize("trouble", TROUBLE)
def test_an_upload_that_fails_does_not_tell_its_address(server: Server, trouble: str) -> None:
    server.status, server.body = TROUBLE[trouble]
    sources = storage.StorageSources("bucket", server.url)
    with pytest.raises((Transient, Broken)) as caught:
        sources.put("o.tgz", iter([tarball(*ORDINARY)]))
    assert any(CANARY in path for path in server.asked)
    assert "Cloud Storage" in discreet(caught.value)


@pytest.mark.parametrize("trouble", [name for name in TROUBLE if name != "silent"])
def test_an_api_call_that_fails_tells_one_line_of_googles_own(server: Server, trouble: str) -> None:
    server.status, server.body = TROUBLE[trouble]
    with pytest.raises((Transient, Broken)) as caught:
        CloudRunClient(server.url).service(KEY, [])
    said = discreet(caught.value)
    assert said.startswith("Cloud Run")
    assert "http" not in said
    assert len(said) < 250


def test_nobody_there_is_told_without_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "RETRY", storage.RETRY.with_timeout(0.1))
    sources = storage.StorageSources("bucket", "http://127.0.0.1:1")
    with pytest.raises(Transient) as caught:
        sources.put(f"o?{CANARY}=1", iter([]))
    assert discreet(caught.value) == "Cloud Storage cannot be reached: ConnectionError"


def test_over_grpc_the_status_keeps_its_words() -> None:
    client = grpc(run_v2.ServicesClient, "127.0.0.1:1")
    with pytest.raises(Transient, match="Cloud Run: 503 failed to connect"), translate("Cloud Run"):
        client.get_service(name="projects/p/locations/r/services/s", retry=None, timeout=5)
    client.transport.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (auth.RefreshError(f"404 at {LINK}", HTML.decode()), ": no credentials: RefreshError"),
        (auth.TransportError(LINK), " cannot be reached: TransportError"),
        (
            google.RetryError("late", google.ServiceUnavailable(LINK)),
            " cannot be reached: ServiceUnavailable",
        ),
        (TimeoutError(LINK), " cannot be reached: TimeoutError"),
    ],
)
def test_trouble_of_the_libraries_is_told_by_its_name(error: Exception, said: str) -> None:
    with pytest.raises((Transient, Broken)) as caught, translate("Cloud Run"):
        raise error
    assert discreet(caught.value) == f"Cloud Run{said}"


def test_what_is_left_to_the_caller_is_bare_already() -> None:
    refusal = google.NotFound(f"GET {LINK}: no such thing", response=None)
    with pytest.raises(google.NotFound) as caught, translate("Cloud Run"):
        raise refusal
    assert discreet(caught.value) == "404 GET [link] no such thing"
    assert message_of(caught.value) == "GET [link] no such thing"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Read https://cloud.google.com/run/docs first.",) * 2,
        ("Permission 'run.services.get' denied?",) * 2,
        (f"at /upload/o?id={CANARY}, later", "at [link] later"),
        (f"at https://me:{CANARY}@host/x", "at [link]"),
        (f"at https://host/x#{CANARY}", "at [link]"),
        ("two\nlines,\ta\x00 bell\x07 and \u202eback", "two lines, a bell and back"),
    ],
)
def test_words_are_plain(text: str, said: str) -> None:
    assert plain(text) == said


def test_words_are_few() -> None:
    assert len(plain("x" * 10_000)) == 200
    assert len(plain("x " * 10_000)) <= 200
