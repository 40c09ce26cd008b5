"""A revision that answers as its path says, and a token issuer for a service account."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAR_AHEAD = 4_000_000_000


class Revision(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.requests: list[tuple[str, str, bytes]] = []
        self.tokens: list[str | None] = []
        self.issued: list[str] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: Revision

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/token":
            self._issue(body)
            return
        self.server.requests.append((self.command, self.path, body))
        self.server.tokens.append(self.headers.get("Authorization"))
        said = ANSWERS.get(self.path.split("?")[0], (404, {}, b"no such page"))
        if said is None:
            return
        status, headers, content = said
        self.send_response(status)
        for name, value in (
            ({} if "Transfer-Encoding" in headers else {"Content-Length": str(len(content))})
            | headers
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        if self.path == "/drip":
            self._drip()

    def _issue(self, body: bytes) -> None:
        (assertion,) = parse_qs(body)[b"assertion"]
        claims = jwt.decode(assertion, options={"verify_signature": False})
        self.server.issued.append(claims["target_audience"])
        claims = {"aud": claims["target_audience"], "exp": FAR_AHEAD}
        token = jwt.encode(claims, "k" * 32)
        content = json.dumps({"id_token": token}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _drip(self) -> None:
        """Send a byte now and then, as long as anybody listens."""
        while not self.server.released.wait(0.02):
            try:
                self.wfile.write(b".")
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


HEALTHY = {"status": "healthy", "checks": [{"name": "db", "ok": True}], "count": 1}
ANSWERS: dict[str, tuple[int, dict[str, str], bytes] | None] = {
    "/health": (200, {}, json.dumps(HEALTHY).encode()),
    "/echo": (201, {}, b"{}"),
    "/down": (503, {}, '{"error": "데이터베이스가 없어요"}'.encode()),
    "/moved": (302, {"Location": "/health"}, b""),
    "/text": (200, {}, b"fine"),
    "/large": (200, {}, b'{"status": "healthy", "filler": "' + b"x" * 1_000_000 + b'"}'),
    "/nested": (200, {}, b"[" * 60_000),
    "/bytes": (200, {}, b"\x00\x1b[31mred\xff\n\nend"),
    "/encoded": (200, {"Content-Encoding": "gzip"}, b"not gzip at all"),
    "/short": (200, {"Content-Length": "1000"}, b"half"),
    "/drip": (200, {"Content-Length": "100000"}, b""),
    "/chunked": (200, {"Transfer-Encoding": "chunked"}, b'4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n'),
    "/zipped": (200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"a":1}')),
    "/silence": None,
}


@pytest.fixture
def revision() -> Iterator[Revision]:
    with Revision() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in, and no metadata server is looked for."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))


@pytest.fixture
def account(revision: Revision, tmp_path: Path) -> None:
    """Be a service account whose tokens come from the revision's own /token."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "client_email": "bot@acme.iam.gserviceaccount.com",
        "private_key": pem.decode(),
        "token_uri": f"{revision.url}/token",
    }
    (tmp_path / "none.json").write_text(json.dumps(account))
