"""What services can run as on the local cloud, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from localcloud.runtime.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcloud.runtime.interface import Images, Revisions, Telemetry
    from localcloud.runtime.proxy import LocalTraffic

PROCESSES, CONTAINERS = "process", "containers"
RUNTIMES = (PROCESSES, CONTAINERS)
DEPENDENCIES = Path(__file__).resolve().parent.parent / ".cache" / "deps"
"""The services' installed dependencies, by lock file: prepared once for every state folder."""


class AnyRuntime(Protocol):
    """What Google's control plane steers, whatever services run as."""

    @property
    def images(self) -> Images:
        """Where images are built and found."""
        ...

    @property
    def revisions(self) -> Revisions:
        """Where revisions run."""
        ...

    @property
    def traffic(self) -> LocalTraffic:
        """Who answers for which service."""
        ...

    def about(self) -> str:
        """Say in one line what services run as; once it has started."""
        ...

    def start(self, telemetry: Telemetry) -> None:
        """Serve traffic, and tell `telemetry` of every request and output line."""
        ...

    def expect(self, dockerfiles: Iterable[Path]) -> None:
        """Get what these are built on, before anybody waits for a build; raises with the remedy."""
        ...

    def stop(self) -> None:
        """Take no more requests, end every revision; blocks until none is left."""
        ...


def runtime_named(name: str, folder: Path, verify: Callable[[str, str], bool]) -> AnyRuntime:
    """Return a runtime below `folder`, not yet started; `verify` as in `Runtime`."""
    if name == PROCESSES:
        return Runtime(folder, verify, DEPENDENCIES)
    from localcloud.containers.engine import STAND_INS, STORE  # noqa: PLC0415  # docker's client loads slowly
    from localcloud.containers.runtime import ContainerRuntime  # noqa: PLC0415

    shared = STAND_INS / STORE
    return ContainerRuntime(folder, verify, shared if shared.exists() else None)
