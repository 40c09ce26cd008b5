"""A server that answers as it is told to, so that GitHub's bad days can be played."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.clients.github import GitHubClient
from bot.core.model import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Repository(7, "acme/app", 3)
KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    .decode()
)


@dataclass
class Reply:
    """One answer; `dropped` closes the connection after the request was taken in.

    Of one that is `trickling` the first half comes, and the second when the event is set.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False
    trickling: threading.Event | None = None


@dataclass
class Request:
    method: str
    path: str
    token: str
    body: Any


ABSENT = Reply(404, {"message": "Not Found"})
DROPPED = Reply(dropped=True)
MADE = Reply(201, {"id": 5, "sha": "a" * 40})


class Scripted:
    """Answers in the order of `replies`, then with `rest`; tokens are minted beside them."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.rest: Callable[[Request], Reply] = lambda _: MADE
        self.mint: Callable[[int], Reply] = _minted
        self.requests: list[Request] = []
        self.minted = 0
        self.installation = REPOSITORY.installation
        """Where our App is said to be, beside the replies; 0 for nowhere."""
        self._lock = threading.Lock()
        self._connected = 0
        self._change = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._responder())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.client = GitHubClient(1, KEY, self.url)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def connected(self, change: int) -> None:
        """Note that so many more connections are open."""
        with self._change:
            self._connected += change
            self._change.notify_all()

    def at_most(self, connections: int) -> bool:
        """Wait until no more connections than this are open; False if that never comes."""
        with self._change:
            return self._change.wait_for(lambda: self._connected <= connections, timeout=10)

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]

    def reply_to(self, request: Request) -> Reply:
        with self._lock:
            if request.path.endswith("/access_tokens"):
                self.minted += 1
                return self.mint(self.minted)
            if request.path.endswith("/installation"):
                return Reply(200, {"id": self.installation}) if self.installation else ABSENT
            self.requests.append(request)
            return self.replies.pop(0) if self.replies else self.rest(request)

    def _responder(scripted) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # `self` is the request's
        class Responder(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                scripted.connected(1)

            def finish(self) -> None:
                super().finish()
                scripted.connected(-1)

            def respond(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = self.headers.get("Authorization", "").partition(" ")[2]
                body = json.loads(raw) if raw else None
                _send(self, scripted.reply_to(Request(self.command, self.path, token, body)))

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = respond  # noqa: N815  # http.server's

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Responder


def _send(responder: BaseHTTPRequestHandler, reply: Reply) -> None:
    if reply.dropped:
        responder.close_connection = True
        return
    raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    responder.send_response_only(reply.status)
    for name, value in {"Content-Length": str(len(raw)), **reply.headers}.items():
        responder.send_header(name, value)
    responder.end_headers()
    if reply.trickling:
        half, raw = raw[: len(raw) // 2], raw[len(raw) // 2 :]
        responder.wfile.write(half)
        reply.trickling.wait(20)
    responder.wfile.write(raw)


def _minted(number: int) -> Reply:
    return Reply(201, {"token": f"ghs_token{number}", "expires_at": "2999-01-01T00:00:00Z"})
