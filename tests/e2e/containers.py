"""Containers as these tests need them: an engine with base images, and a look at what is left."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localcloud.containers import keeper
from localcloud.containers.engine import STAND_INS, STORE
from localcloud.runtime.interface import BuildOptions, RevisionSpec, Served
from tests.e2e.dockerd import daemon, living
from tests.e2e.strangers import run
from tests.stories.services import good

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = "projects/p/locations/l/services/web"
IMAGE = "asia-northeast3-docker.pkg.dev/p/backend/web"
BASE = "FROM python:3.12-slim\n"
SERVED = f"{BASE}RUN mkdir /made && echo by RUN > /made/file\nWORKDIR /app\nCOPY app.py .\n"
CMD = 'STOPSIGNAL SIGINT\nCMD ["python", "-u", "app.py"]\n'
NEEDED = ("podman", "runc", "docker-registry", "busybox")
ROOT = Path(__file__).parents[2]
STAND_INS_MADE = [sys.executable, "-m", "localcloud.containers.standins"]


def stand_ins() -> None:
    """Make base images once per checkout; skip where there can be no containers at all."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if os.geteuid() or missing:
        pytest.skip(f"containers need root and {', '.join(NEEDED)}: `make e2e` as root brings them")
    run(STAND_INS_MADE, {}, ROOT)


@contextmanager
def podman(_folder: Path) -> Iterator[Path]:
    """The local cloud's own; gives the store of its base images."""
    stand_ins()
    yield STAND_INS / STORE


@contextmanager
def docker(folder: Path) -> Iterator[None]:
    """Docker's own daemon in DOCKER_HOST, with the same base images."""
    with daemon(folder) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", address)
        run(STAND_INS_MADE, {}, ROOT)
        yield None


ENGINES = {"Podman Engine": podman, "Docker Engine": docker}
"""By what each is called."""


def served(folder: Path) -> Path:
    """Make a build context of a service that greets."""
    (folder / "Dockerfile").write_text(SERVED + CMD, encoding="utf-8")
    (folder / "app.py").write_text(good(), encoding="utf-8")
    return folder


@dataclass
class Heard:
    """A telemetry that remembers."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def served(self, served: Served) -> None:
        """Count nothing."""

    def line(self, service: str, revision: str, stream: str, text: str, at: float) -> None:
        assert service == SERVICE, (service, at)
        self.lines.append((revision.rpartition("/")[2], stream, text))


def options(log: list[str] | None = None, within: float = 240) -> BuildOptions:
    return BuildOptions({}, {}, ([] if log is None else log).append, time.monotonic() + within)


def spec(revision: str, digest: str, **more: object) -> RevisionSpec:
    values: dict[str, object] = {
        "service": SERVICE,
        "revision": f"{SERVICE}/revisions/{revision}",
        "digest": digest,
        "port": 8080,
        "env": {"GREETING": f"hello from {revision}"},
        "command": (),
        "args": (),
        "startup_timeout": 60.0,
        "repository": IMAGE,
        "memory": 256 << 20,
        "cpu": 0.5,
    }
    return RevisionSpec(**{**values, **more})  # type: ignore[arg-type]


def left_behind(folder: Path) -> list[str]:
    """Mounts below the folder, processes that name it, and its containers' cgroups."""
    found = [line for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line]
    found += living(folder)
    if (folder / "engine").exists():
        group = keeper.cgroup_of(folder / "engine").strip("/")
        found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"*/{group}")]
    return found
