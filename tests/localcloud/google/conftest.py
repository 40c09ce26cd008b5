"""A local Google on a temporary folder, with a small runtime of plain memory beside it."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from localcloud.google.issuer import Issuer
from localcloud.google.server import Google, GoogleSettings
from localcloud.runtime.interface import (
    BuildFailed,
    BuildOptions,
    RevisionSpec,
    ServiceRoutes,
    StartFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PROJECT = "demo"
Client: TypeAlias = Any
"""A generated client, or what it gives: without static types here."""
Until: TypeAlias = "Callable[[Callable[[], Client]], Client]"
MakeWorld: TypeAlias = "Callable[..., World]"


@dataclass
class MemoryImages:
    """Builds by reading the Dockerfile: FAIL fails, WAIT waits until it is told to end."""

    tags: dict[str, str] = field(default_factory=dict)
    built: list[Mapping[str, str]] = field(default_factory=list)
    waiting: threading.Event = field(default_factory=threading.Event)

    def build(self, context: Path, dockerfile: Path, options: BuildOptions) -> str:
        text = dockerfile.read_text()
        options.log(f"building {dockerfile.relative_to(context)}")
        if "FAIL" in text:
            message = "RUN pip install failed: no such package"
            raise BuildFailed(message)
        if "WAIT" in text:
            self._wait(options)
        self.built.append(dict(options.args))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def _wait(self, options: BuildOptions) -> None:
        self.waiting.set()
        pause = threading.Event()
        while not options.cancelled() and time.monotonic() < options.deadline:
            pause.wait(0.01)
        message = "stopped"
        raise BuildFailed(message)

    def tag(self, repository: str, tag: str, digest: str) -> None:
        self.tags[f"{repository}:{tag}"] = digest

    def version(self) -> str:
        return "an engine in memory"

    def resolve(self, reference: str) -> str | None:
        if "@" in reference:
            return reference.partition("@")[2]
        return self.tags.get(reference)


@dataclass
class MemoryRevisions:
    """Runs revisions by name; an image called `broken` never listens."""

    running: dict[str, RevisionSpec] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    hold: threading.Event = field(default_factory=threading.Event)
    holds: bool = False

    def start(self, spec: RevisionSpec) -> None:
        if self.holds:
            self.hold.wait(10)
        if spec.digest in self.broken:
            message = "Container called exit(1).\nModuleNotFoundError: No module named 'flask'"
            raise StartFailed(message)
        self.running[spec.revision] = spec

    def stop(self, revision: str) -> None:
        self.running.pop(revision, None)


@dataclass
class MemoryTraffic:
    routes: dict[str, ServiceRoutes] = field(default_factory=dict)

    def route(self, service: str, routes: ServiceRoutes) -> None:
        self.routes[service] = routes

    def url(self, service: str, tag: str = "") -> str:
        port = 20000 + int(hashlib.sha256(f"{service} {tag}".encode()).hexdigest(), 16) % 20000
        return f"http://127.0.0.1:{port}"


@dataclass
class World:
    """The running Google and its runtime; `restart` is what a laptop's reboot is."""

    root: Path
    settings: GoogleSettings
    images: MemoryImages = field(default_factory=MemoryImages)
    revisions: MemoryRevisions = field(default_factory=MemoryRevisions)
    traffic: MemoryTraffic = field(default_factory=MemoryTraffic)

    def __post_init__(self) -> None:
        self._channels: list[grpc.Channel] = []
        self._start()

    def _start(self) -> None:
        parts = (self.images, self.revisions, self.traffic)
        self.google = Google(self.root, self.settings, *parts)
        self.google.start()

    def restart(self) -> None:
        self.stop()
        self.revisions.running.clear()
        self.traffic.routes.clear()
        self._start()

    def stop(self) -> None:
        for channel in self._channels:
            channel.close()
        self._channels.clear()
        self.google.stop()

    def client(self, kind: Client, transport: str) -> Client:
        if transport == "rest":
            return kind(
                transport="rest",
                credentials=AnonymousCredentials(),
                client_options={"api_endpoint": self.google.url},
            )
        channel = grpc.insecure_channel(self.google.grpc_target)
        self._channels.append(channel)
        return kind(transport=kind.get_transport_class("grpc")(channel=channel))

    def storage(self) -> storage.Client:
        return storage.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.google.url},
        )

    def upload_source(self, files: Mapping[str, str]) -> tuple[str, str]:
        """Put a tarball into a bucket and return where it is."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        client = self.storage()
        bucket = client.bucket("sources")
        if not bucket.exists():
            bucket.create()
        bucket.blob("a/source.tgz").upload_from_string(buffer.getvalue())
        client.close()
        return "sources", "a/source.tgz"


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Make one key for all tests: making it takes longer than most of them."""
    root = tmp_path_factory.mktemp("issuer")
    Issuer(root)
    return (root / "issuer.pem").read_bytes()


@pytest.fixture
def make_world(tmp_path: Path, signing_key: bytes) -> Iterator[Callable[..., World]]:
    worlds: list[World] = []

    def make(**settings: float) -> World:
        (tmp_path / "google").mkdir(exist_ok=True)
        (tmp_path / "google" / "issuer.pem").write_bytes(signing_key)
        worlds.append(World(tmp_path / "google", GoogleSettings(project=PROJECT, **settings)))
        return worlds[-1]

    yield make
    for world in worlds:
        world.stop()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(tick=3600)


@pytest.fixture(params=["rest", "grpc"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def until() -> Until:
    """Wait for a condition, at most 10 seconds, and return what it gave."""

    def wait(condition: Callable[[], Client]) -> Client:
        pause, end = threading.Event(), time.monotonic() + 10
        while not (found := condition()):
            assert time.monotonic() < end, "the condition never came true"
            pause.wait(0.02)
        return found

    return wait
