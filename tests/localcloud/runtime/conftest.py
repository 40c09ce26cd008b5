"""A runtime on loopback, and a service small enough to start in a blink."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from localcloud.runtime.interface import BuildOptions, RevisionSpec, ServiceRoutes
from localcloud.runtime.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.runtime.interface import Served

PREPARED = Path(__file__).parents[3] / ".cache" / "deps"
SERVICE = "projects/p/locations/l/services/echo"

DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
COPY server.py ./
EXPOSE 8080
CMD ["python", "server.py"]
"""

SERVER = """\
import json, os, signal, socket, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/crash":
            os._exit(3)
        if self.path.startswith("/wait"):
            Path(os.environ["ARRIVED"]).touch()
            while not Path(os.environ["RELEASE"]).exists():
                time.sleep(0.01)
        if self.path == "/break":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {
            "revision": os.environ["K_REVISION"], "path": self.path, "method": self.command,
            "headers": dict(self.headers), "body": body.decode(), "pid": os.getpid(),
            "environment": dict(os.environ),
        }
        data = json.dumps(told).encode()
        self.send_response(int(os.environ.get("STATUS", 200)))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Keep-Alive", "timeout=5")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, *args):
        pass

def end(*_):
    os.write(1, b"ending\\n")  # a signal may come in the middle of a print
    if "STUBBORN" not in os.environ:
        sys.exit(0)

signal.signal(signal.SIGTERM, end)
ThreadingHTTPServer.daemon_threads = True
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Echo)
print("hello from", os.environ["K_REVISION"], flush=True)
server.serve_forever()
"""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline, turn = time.monotonic() + 20, Event()
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        turn.wait(0.01)


@dataclass
class Recorder:
    """A Telemetry that keeps what it hears."""

    requests: list[Served] = field(default_factory=list)
    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def served(self, served: Served) -> None:
        self.requests.append(served)

    def line(self, service: str, revision: str, stream: str, text: str, at: float) -> None:
        assert service
        assert at > 0
        self.lines.append((revision.rpartition("/")[2], stream, text))

    def counts(self, total: int) -> Counter[tuple[str, int]]:
        """Count once so many requests are told; a caller has its answer just before that."""
        wait_until(lambda: len(self.requests) >= total)
        return Counter((one.revision.rpartition("/")[2], one.status) for one in self.requests)


@dataclass
class World:
    """A started runtime with its recorder, and short ways to do things."""

    runtime: Runtime
    telemetry: Recorder
    root: Path

    def build(self, files: dict[str, str], **args: str) -> str:
        log: list[str] = []
        return self.build_logged(files, log, **args)

    def build_logged(self, files: dict[str, str], log: list[str], **args: str) -> str:
        context = self.context(files)
        options = BuildOptions(args, {"revision": "abc"}, log.append, time.monotonic() + 120)
        return self.runtime.images.build(context, context / "Dockerfile", options)

    def context(self, files: dict[str, str]) -> Path:
        context = self.root / f"context-{len(list(self.root.glob('context-*')))}"
        for name, text in files.items():
            file = context / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return context

    def spec(self, name: str, digest: str, timeout: float = 20, **env: str) -> RevisionSpec:
        revision = f"{SERVICE}/revisions/{name}"
        return RevisionSpec(SERVICE, revision, digest, 8080, env, (), (), timeout)

    def start(self, name: str, digest: str, **env: str) -> str:
        spec = self.spec(name, digest, **env)
        self.runtime.revisions.start(spec)
        return spec.revision

    def route(
        self, weights: dict[str, int], tags: dict[str, str] | None = None, *, public: bool = True
    ) -> str:
        self.runtime.traffic.route(SERVICE, ServiceRoutes(weights, tags or {}, public))
        return self.runtime.traffic.url(SERVICE)


def verify(token: str, audience: str) -> bool:
    """A token here is the word `for` and its audience."""
    return token == f"for:{audience}"


@pytest.fixture
def open_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Start runtimes, several in one folder after another if need be; all are stopped."""
    worlds: list[World] = []

    def opened(**settings: float) -> World:
        runtime = Runtime(tmp_path / "state", verify, PREPARED, **settings)
        worlds.append(World(runtime, Recorder(), tmp_path))
        runtime.start(worlds[-1].telemetry)
        return worlds[-1]

    yield opened
    for world in worlds:
        world.runtime.stop()


@pytest.fixture
def world(open_world: Callable[..., World]) -> World:
    return open_world()


@pytest.fixture
def service_files() -> dict[str, str]:
    """Give the small service's build context."""
    return {"Dockerfile": DOCKERFILE, "server.py": SERVER}


@pytest.fixture
def prepared() -> Path:
    """Give the folder where dependencies stay prepared from run to run."""
    return PREPARED


@pytest.fixture
def echo(world: World, service_files: dict[str, str]) -> str:
    """Give the digest of the small service's image."""
    return world.build(service_files)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait for a condition; fail after 20 s."""
    return wait_until
