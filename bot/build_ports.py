"""What the engine needs to make images: their source, their builds, their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.action import (
        Accepted,
        BuildOver,
        BuildStarted,
        CancelBuild,
        Conflicted,
        Rejected,
        StartBuild,
        Tag,
    )
    from bot.core.sight import BuildSeen


class Builds(Protocol):
    """Cloud Build."""

    def problems(self, cloudbuild: str) -> tuple[str, ...]:
        """Return everything that is wrong with a cloudbuild.yaml."""

    def dockerfile(self, cloudbuild: str, path: str) -> str:
        """Return the Dockerfile that a service's folder needs; nothing where that is not plain."""

    def start(self, action: StartBuild, source: str) -> BuildStarted | Rejected:
        """Start a build, or find the one started before.

        `source` is a stored archive, `gs://…`; it is not looked at for a connected repository.
        """

    def cancel(self, action: CancelBuild) -> BuildOver:
        """Let a build go no further; harmless when it has ended."""

    def build(self, name: str, image: str) -> BuildSeen:
        """Return how a build stands, with the digest of the named image."""


class Sources(Protocol):
    """Cloud Storage, as the place that builds read their source from."""

    def put(self, name: str, archive: Iterator[bytes]) -> str:
        """Store a tarball without its top folder unless it is there; return `gs://bucket/object`."""


class Registry(Protocol):
    """Artifact Registry."""

    def tag(self, wanted: Tag) -> Accepted | Conflicted | Rejected:
        """Let a tag name an image; Conflicted when it names another one and must not move."""
