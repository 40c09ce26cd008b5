"""The two sample services, built from their Dockerfiles and served by the local runtime."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localcloud.runtime.interface import BuildOptions, RevisionSpec, ServiceRoutes
from localcloud.runtime.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.runtime.interface import Served

ROOT = Path(__file__).parents[2]
PARENT = "projects/p/locations/l/services"


@dataclass
class Cloud:
    """A runtime that deploys services by name."""

    runtime: Runtime
    lines: list[tuple[str, str]] = field(default_factory=list)

    def served(self, served: Served) -> None:
        assert served.service

    def line(self, service: str, revision: str, stream: str, text: str, at: float) -> None:
        assert revision
        assert stream in ("stdout", "stderr")
        assert at > 0
        self.lines.append((service.rpartition("/")[2], text))

    def deploy(self, name: str, **env: str) -> str:
        context = ROOT / "services" / name
        options = BuildOptions({}, {}, print, time.monotonic() + 300)
        digest = self.runtime.images.build(context, context / "Dockerfile", options)
        service = f"{PARENT}/{name}"
        revision = f"{service}/revisions/{name}-1"
        spec = RevisionSpec(service, revision, digest, 8080, env, (), (), 60)
        self.runtime.revisions.start(spec)
        self.runtime.traffic.route(service, ServiceRoutes({revision: 100}, {}, public=True))
        return self.runtime.traffic.url(service)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state = tmp_path_factory.mktemp("state")
    runtime = Runtime(state, lambda _token, _audience: False, ROOT / ".cache" / "deps")
    cloud = Cloud(runtime)
    runtime.start(cloud)
    yield cloud
    runtime.stop()


@pytest.fixture(scope="session")
def ai_url(cloud: Cloud) -> str:
    return cloud.deploy(
        "ai-service", VERTEX_AI_LOCATION="asia-northeast3", GCE_METADATA_HOST="127.0.0.1:9"
    )


@pytest.fixture(scope="session")
def api_url(cloud: Cloud, ai_url: str) -> str:
    return cloud.deploy("api-service", AI_SERVICE_URL=ai_url)
