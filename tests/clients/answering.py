"""A server that always gives the one answer it is told to give."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Answers(ThreadingHTTPServer):
    status = 200
    reason = ""
    retry_after = ""
    body: bytes | None = None
    """Said as it is; where it is None, an error of Google's with the reason."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Answers

    def answer(self) -> None:
        if not self.server.status:
            return  # the connection closes without an answer
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = {"error": {"message": "these words", "status": self.server.reason}}
        body = json.dumps(said).encode() if self.server.body is None else self.server.body
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        if self.server.retry_after:
            self.send_header("Retry-After", self.server.retry_after)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815  # http.server's names

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def answering() -> Iterator[Answers]:
    with Answers(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
