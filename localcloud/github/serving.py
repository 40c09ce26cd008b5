"""A threaded WSGI server on loopback that knows its address early and stops at once."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import waitress  # type: ignore[import-untyped]  # waitress ships no types
from waitress import wasyncore

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

THREADS = 16
CONNECTIONS = 5000
"""Open at once: clients keep theirs for minutes, and waitress answers nobody beyond its limit."""
LARGEST_BODY = 256 * 1024 * 1024
_PATIENCE = 5.0
_TURN = 1.0


class Loopback:
    """Serves one WSGI app on 127.0.0.1; port 0 takes a free port.

    Connections are accepted from the start and answered after `start`.
    """

    def __init__(self, app: WSGIApplication, port: int) -> None:
        listening = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._open: dict[int, object] = {}
        self._server = waitress.create_server(
            app,
            map=self._open,
            sockets=[listening],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            max_request_body_size=LARGEST_BODY,
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="github", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and end all threads; also fine before `start`."""
        self._stopping.set()
        self._server.pull_trigger()
        if self._thread.is_alive():
            self._thread.join()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=_PATIENCE)
        wasyncore.close_all(self._open, ignore_all=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=_TURN, use_poll=True, map=self._open, count=1)
