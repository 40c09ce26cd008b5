"""What the local Google asks of the runtime, and what the runtime tells it back.

Google's control plane decides; the runtime builds images, runs revisions and splits traffic. They
meet only here. Every `service` and `revision` is a full resource name
(`projects/P/locations/L/services/S`, `…/services/S/revisions/R`), so that two projects never clash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class BuildFailed(Exception):  # noqa: N818  # reads as the event that it is
    """An image could not be built; the text says why, in words for the person who pushed."""


class StartFailed(Exception):  # noqa: N818  # reads as the event that it is
    """A revision did not come up.

    `message` carries the container's last output; `reason` is a name of Cloud Run's
    `Condition.RevisionReason`, such as `HEALTH_CHECK_CONTAINER_ERROR`.
    """

    def __init__(self, message: str, reason: str = "HEALTH_CHECK_CONTAINER_ERROR") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


def _never() -> bool:
    return False


@dataclass(frozen=True)
class BuildOptions:
    """How one image is built: `deadline` in monotonic seconds, `log` takes one line at a time."""

    args: Mapping[str, str]
    labels: Mapping[str, str]
    log: Callable[[str], None]
    deadline: float
    cancelled: Callable[[], bool] = field(default=_never)


@dataclass(frozen=True)
class RevisionSpec:
    """One revision to run: `port` is the container's, `startup_timeout` in seconds.

    `env` holds everything but PORT, which the runtime sets to where the process shall listen.
    `repository` is the image's name without tag and digest; `memory` in bytes and `cpu` in
    processors are limits, 0 for none. Processes know no limits. `instances` of it run from the
    start on. `files`, absolute path → text, are laid into the image's file tree.
    """

    service: str
    revision: str
    digest: str
    port: int
    env: Mapping[str, str]
    command: tuple[str, ...]
    args: tuple[str, ...]
    startup_timeout: float
    repository: str = ""
    memory: int = 0
    cpu: float = 0.0
    instances: int = 1
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ServiceRoutes:
    """Who answers for a service: revision → percent, tag → revision, and whether anyone may call.

    No weights and no tags means that the service is gone.
    """

    weights: Mapping[str, int]
    tags: Mapping[str, str]
    public: bool


@dataclass(frozen=True)
class Served:
    """One request that reached a revision and ended: `seconds` it took, `at` unix seconds."""

    service: str
    revision: str
    project: str
    location: str
    status: int
    seconds: float
    at: float


class Images(Protocol):
    """Builds images into the local registry and finds them again."""

    def build(self, context: Path, dockerfile: Path, options: BuildOptions) -> str:
        """Return the manifest digest `sha256:…`; raises BuildFailed."""
        ...

    def tag(self, repository: str, tag: str, digest: str) -> None:
        """Let `repository:tag` name this digest."""
        ...

    def version(self) -> str:
        """Return what builds here, in one line."""
        ...

    def resolve(self, reference: str) -> str | None:
        """Return the digest of `repository:tag` or `repository@sha256:…`; None when absent."""
        ...


class Revisions(Protocol):
    """Runs revisions."""

    def start(self, spec: RevisionSpec) -> None:
        """Block until the revision listens; a running one is left alone. Raises StartFailed."""
        ...

    def stop(self, revision: str) -> None:
        """End the revision; one that does not run is left alone."""
        ...


class Traffic(Protocol):
    """The front end: one address per service and per tag."""

    def route(self, service: str, routes: ServiceRoutes) -> None:
        """Replace the service's routes as a whole."""
        ...

    def url(self, service: str, tag: str = "") -> str:
        """Return `http://127.0.0.1:PORT`, the same over restarts, whether or not routed yet."""
        ...


class Telemetry(Protocol):
    """Where the runtime reports what happened; both calls are quick and safe from any thread."""

    def served(self, served: Served) -> None:
        """Count one request."""
        ...

    def line(self, service: str, revision: str, stream: str, text: str, at: float) -> None:
        """Keep one output line; `stream` is stdout or stderr, `at` unix seconds."""
        ...
