"""The gate between the consumer and whoever watches it: each passing is told, and let through.

The consumer waits at the gate until it is let through, so that it can be killed exactly there.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

BEFORE, AFTER = "before", "after"
PORT = "CRASH_GATE_PORT"
"""The environment variable that tells the consumer's launcher where the gate is."""

TIMES = "CRASH_TIMES"
"""The environment variable that tells it how many times quicker than real life to be."""


@dataclass(frozen=True)
class Passing:
    """One moment of the consumer: just before or just after `what` it does."""

    what: str
    when: str
    state: str = ""
    """How far the deployment is by this write; empty where the write does not say."""


class Gate:
    """Calls `meet` for each passing, from the thread of whoever waits at the gate."""

    def __init__(self, meet: Callable[[Passing], None]) -> None:
        self._server = _Server(meet)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """Let nobody wait here any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, meet: Callable[[Passing], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Told)
        self.meet = meet


class _Told(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: Any = self.server
        try:
            for line in self.rfile:
                server.meet(msgspec.convert(msgspec.json.decode(line), Passing))
                self.wfile.write(b"go\n")
        except OSError:
            return


class Passer:
    """The consumer's end: a connection for each of its threads."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = threading.local()

    def __call__(self, passing: Passing) -> None:
        """Return once we are let through."""
        stream = getattr(self._local, "stream", None)
        if stream is None:
            connection = socket.create_connection(("127.0.0.1", self._port))
            stream = self._local.stream = connection.makefile("rwb")
        stream.write(msgspec.json.encode(asdict(passing)) + b"\n")
        stream.flush()
        stream.readline()
