"""The local Google without a runtime behind it: what the clients ask needs no service to run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from localcloud.google.server import Google, GoogleSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.runtime.interface import BuildOptions, RevisionSpec, ServiceRoutes

PROJECT = "acme-prod"


class NoRuntime:
    """Builds, runs and routes nothing."""

    def build(self, context: Path, dockerfile: Path, options: BuildOptions) -> str:
        raise AssertionError(context, dockerfile, options)

    def tag(self, repository: str, tag: str, digest: str) -> None:
        raise AssertionError(repository, tag, digest)

    def version(self) -> str:
        raise AssertionError

    def resolve(self, reference: str) -> str | None:
        raise AssertionError(reference)

    def start(self, spec: RevisionSpec) -> None:
        raise AssertionError(spec)

    def stop(self, revision: str) -> None:
        raise AssertionError(revision)

    def route(self, service: str, routes: ServiceRoutes) -> None:
        raise AssertionError(service, routes)

    def url(self, service: str, tag: str = "") -> str:
        raise AssertionError(service, tag)


@contextmanager
def local_google(root: Path) -> Iterator[Google]:
    """Serve a Google that samples every minute and shows a sample at once."""
    settings = GoogleSettings(project=PROJECT, metric_lag=0.0, tick=3600.0)
    nothing = NoRuntime()
    google = Google(root, settings, nothing, nothing, nothing)
    google.start()
    try:
        yield google
    finally:
        google.stop()
