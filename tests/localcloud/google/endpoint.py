"""Where pushes of Pub/Sub arrive."""

from __future__ import annotations

import base64
import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Endpoint:
    """Receives pushes; refuses each message as often as it was told to."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.refusals: defaultdict[str, int] = defaultdict(int)
        self.status = 204
        self.busy = self.most_busy = 0
        self.lock = threading.Lock()
        self.gate = threading.Event()
        self.gate.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/projects/demo/topics/x"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def take(self, body: dict[str, Any], headers: dict[str, str]) -> int:
        with self.lock:
            self.received.append((body, headers))
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
        self.gate.wait(10)
        with self.lock:
            self.busy -= 1
            text = base64.b64decode(body["message"]["data"]).decode()
            if self.refusals[text]:
                self.refusals[text] -= 1
                return 500
            return self.status

    def texts(self) -> list[str]:
        return [base64.b64decode(body["message"]["data"]).decode() for body, _ in self.received]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(endpoint.take(body, dict(self.headers)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        return Handler

    def stop(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
