"""Images built by the engine, pushed to the registry, known from then on by the digest it gave."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from docker.errors import DockerException

from localcloud.containers.building import OURS, Building
from localcloud.containers.registry import BUILT
from localcloud.runtime.interface import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from localcloud.containers.engine import Engine
    from localcloud.containers.registry import Registry
    from localcloud.runtime.interface import BuildOptions

KEPT = 8
"""How many built images the engine keeps for its build cache; the registry has them all."""


class ContainerImages:
    """The `Images` of an engine and a registry."""

    def __init__(self, engine: Engine, registry: Registry) -> None:
        self._engine = engine
        self._registry = registry
        self._turn = Lock()
        self._building = 0

    def build(self, context: Path, dockerfile: Path, options: BuildOptions) -> str:
        """Build, push, and return the digest that the registry gave; raises BuildFailed."""
        if not dockerfile.is_file():
            reason = f"there is no {dockerfile.name} in the build context"
            raise BuildFailed(reason)
        name, tag = f"{self._registry.host}/{BUILT}", uuid.uuid4().hex
        with self._one_build():
            try:
                Building(self._engine, options).run(context, dockerfile, f"{name}:{tag}")
                return self._push(name, tag)
            except DockerException as trouble:
                raise BuildFailed(str(trouble)) from trouble

    def tag(self, repository: str, tag: str, digest: str) -> None:
        """Let `repository:tag` name this digest. Raises FileNotFoundError for an unknown digest."""
        self._registry.copy(digest, repository, tag)

    def version(self) -> str:
        """Name the engine."""
        return self._engine.version()

    def resolve(self, reference: str) -> str | None:
        """Return the digest of `repository:tag` or `repository@sha256:…`; None when absent."""
        repository, _, digest = reference.partition("@")
        if digest:
            return self._registry.digest(repository, digest)
        repository, _, tag = reference.rpartition(":")
        return self._registry.digest(repository, tag) if repository else None

    @contextmanager
    def _one_build(self) -> Iterator[None]:
        """Collect garbage after the last of several builds: what one is making has no name yet."""
        with self._turn:
            self._building += 1
        try:
            yield
        finally:
            with self._turn:
                self._building -= 1
                if not self._building:
                    self._collect_garbage()

    def _collect_garbage(self) -> None:
        """Remove from the engine all but the newest images that were built here.

        Nameless ones go, too; in somebody else's engine only those that are known for ours.
        """
        labelled = {"label": f"{OURS}=yes"}
        built = self._engine.api.images(filters=labelled)
        for old in sorted(built, key=lambda one: -int(one["Created"]))[KEPT:]:
            self._forget(old)
        nameless = {"dangling": True}
        self._engine.api.prune_images(nameless if self._engine.ours else nameless | labelled)

    def _push(self, name: str, tag: str) -> str:
        lines = self._engine.api.push(name, tag=tag, stream=True, decode=True)
        _complain(lines)
        digest = self._registry.digest(BUILT, tag)
        if digest is None:
            reason = "the image was pushed, but the registry does not have it"
            raise BuildFailed(reason)
        return digest

    def _forget(self, image: Mapping[str, Any]) -> None:
        """Remove an image, name by name; one that a container still runs on stays."""
        names = [*(image["RepoTags"] or ()), *(image["RepoDigests"] or ()), image["Id"]]
        for name in names:
            with suppress(DockerException):
                self._engine.api.remove_image(name, force=False)


def _complain(lines: Iterable[dict[str, Any]]) -> None:
    for line in lines:
        if "error" in line:
            reason = f"push failed: {json.dumps(line['error'], ensure_ascii=False)}"
            raise BuildFailed(reason)
