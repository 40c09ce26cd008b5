"""Revisions as containers: pulled by digest, limited as their template says, heard to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker.errors import DockerException, NotFound

from localcloud.containers.container import EngineContainer
from localcloud.containers.files import archive_of
from localcloud.containers.registry import BUILT
from localcloud.runtime.interface import StartFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.containers.engine import Engine
    from localcloud.containers.registry import Registry
    from localcloud.runtime.interface import RevisionSpec

_ATTEMPTS = 2
_KILLED = 137
_MIB = 1 << 20
_OUT_OF_MEMORY = (
    "Memory limit of {limit} MiB exceeded: the container was killed (exit code 137). Consider "
    "increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits"
)


class ContainerWorkshop:
    """Pulls what a revision runs; `owner`, a state folder, is on every container's label."""

    def __init__(self, engine: Engine, registry: Registry, owner: Path) -> None:
        self._engine = engine
        self._registry = registry
        self._labels = {"local.spillway.owner": str(owner)}

    def prepare(self, spec: RevisionSpec, _log: Callable[[str], None]) -> ContainerLauncher:
        """Find where the image is: under the revision's name for it, or as it was built."""
        known = self._registry.digest(spec.repository, spec.digest)
        reference = f"{self._registry.host}/{spec.repository if known else BUILT}@{spec.digest}"
        return ContainerLauncher(self._engine, reference, spec, self._labels)

    def discard(self, revision: str) -> None:
        """Nothing is left of a container that has ended; its image is the garbage collector's."""

    def clear(self) -> None:
        """Remove what a former run on the same folder left behind."""
        for label, value in self._labels.items():
            kept = self._engine.api.containers(all=True, filters={"label": f"{label}={value}"})
            for one in kept:
                self._engine.api.remove_container(one["Id"], force=True)


class ContainerLauncher:
    """Starts one revision's container on the host's network, at the port that it is given."""

    def __init__(
        self, engine: Engine, reference: str, spec: RevisionSpec, labels: dict[str, str]
    ) -> None:
        self._engine = engine
        self._reference = reference
        self._spec = spec
        self._labels = labels

    def start(self, port: int) -> EngineContainer:
        """Create and start the container; raises StartFailed."""
        for _ in range(_ATTEMPTS):
            try:
                return EngineContainer(self._engine.api, self._created(port))
            except NotFound:
                continue  # not in the registry, or collected as garbage between pull and creation
            except DockerException as trouble:
                raise StartFailed(str(trouble)) from trouble
        reason = f"Image '{self._spec.digest}' not found."
        raise StartFailed(reason, "CONTAINER_MISSING")

    def _created(self, port: int) -> str:
        api, spec = self._engine.api, self._spec
        api.pull(self._reference)
        made = api.create_container(
            self._reference,
            command=list(spec.args) or None,
            entrypoint=list(spec.command) or None,
            environment={**spec.env, "PORT": str(port)},
            labels=self._labels | {"local.spillway.revision": spec.revision},
            host_config=self._limits(),
        )
        if spec.files:
            api.put_archive(made["Id"], "/", archive_of(spec.files))
        return str(made["Id"])

    def ending(self, code: int) -> str:
        """Say it in Cloud Run's words; 137 that nobody asked for is the memory limit."""
        if code == _KILLED and self._spec.memory:
            return _OUT_OF_MEMORY.format(limit=self._spec.memory // _MIB)
        return f"Container called exit({code})."

    def _limits(self) -> dict[str, object]:
        limits: dict[str, object] = self._engine.api.create_host_config(
            network_mode="host",
            mem_limit=self._spec.memory or None,
            memswap_limit=self._spec.memory or None,
            nano_cpus=int(self._spec.cpu * 1e9) or None,
            cgroup_parent=self._engine.cgroup or None,
            security_opt=["no-new-privileges"],
        )
        return limits
