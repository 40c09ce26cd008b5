"""The local Google over a runtime that is quick: images have a digest, revisions a will."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from localcloud.google.server import Google, GoogleSettings
from localcloud.runtime.interface import BuildFailed, StartFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.runtime.interface import BuildOptions, RevisionSpec, ServiceRoutes

UNHAPPY = "the compiler is unhappy"
TRACEBACK = "Traceback: it fell over"


class Images:
    """Builds a context by its folder's name: `broken` fails, `held` takes until it is cancelled."""

    def build(self, context: Path, dockerfile: Path, options: BuildOptions) -> str:
        if context.name == "broken":
            raise BuildFailed(UNHAPPY)
        while context.name == "held" and not options.cancelled():
            threading.Event().wait(0.01)
        return f"sha256:{hashlib.sha256(dockerfile.read_bytes()).hexdigest()}"

    def tag(self, repository: str, tag: str, digest: str) -> None:
        """Keep no tags."""

    def version(self) -> str:
        raise AssertionError

    def resolve(self, reference: str) -> str | None:
        return reference.partition("@")[2] or None


class Revisions:
    """Starts every revision but those of an image whose digest says dead."""

    def start(self, spec: RevisionSpec) -> None:
        if "dead" in spec.digest:
            raise StartFailed(TRACEBACK)

    def stop(self, revision: str) -> None:
        """Leave nothing behind."""


class Traffic:
    """Gives out addresses where nobody answers."""

    def route(self, service: str, routes: ServiceRoutes) -> None:
        """Send nobody anywhere."""

    def url(self, service: str, tag: str = "") -> str:
        name = service.rpartition("/")[2]
        return f"http://{tag}---{name}.test" if tag else f"http://{name}.test"


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """Serve, and give the address of everything REST."""
    google = Google(root, GoogleSettings(project="demo"), Images(), Revisions(), Traffic())
    google.start()
    yield google.url
    google.stop()
