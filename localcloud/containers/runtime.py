"""The runtime of real containers as a whole: engine, registry, images, revisions and traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.containers.bases import bases_of, bring
from localcloud.containers.engine import STANDS_IN, Engine
from localcloud.containers.images import ContainerImages
from localcloud.containers.instances import ContainerWorkshop
from localcloud.containers.registry import Registry
from localcloud.runtime.forward import Forwarder
from localcloud.runtime.in_flight import InFlight
from localcloud.runtime.proxy import LocalTraffic
from localcloud.runtime.revisions import LocalRevisions
from localcloud.runtime.runtime import REQUEST_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from localcloud.runtime.interface import Telemetry


class ContainerRuntime:
    """What Google's control plane steers, on containers; everything is below `root`.

    `shared` is a store of base images that is only read; `verify` as in `Runtime`.
    """

    def __init__(
        self, root: Path, verify: Callable[[str, str], bool], shared: Path | None = None
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        in_flight = InFlight()
        self._registry = Registry(root / "registry")
        self.engine = Engine(root / "engine", self._registry.port, shared)
        self._workshop = ContainerWorkshop(self.engine, self._registry, root.absolute())
        self.images = ContainerImages(self.engine, self._registry)
        self.revisions = LocalRevisions(self._workshop, in_flight)
        forwarder = Forwarder(self.revisions.port, in_flight, REQUEST_TIMEOUT_SECONDS)
        self.traffic = LocalTraffic(root / "ports.json", verify, forwarder)

    @property
    def registry_port(self) -> int:
        """Where the registry listens, which an engine of somebody else's has to trust."""
        return self._registry.port

    def about(self) -> str:
        """Say in one line what services run as; once it has started."""
        stand_ins = self.engine.api.images(filters={"label": STANDS_IN})
        bases = "; base images are stand-ins made of this machine" if stand_ins else ""
        return f"services run as containers of {self.engine.version()}{bases}"

    def start(self, telemetry: Telemetry) -> None:
        """Start engine and registry and serve traffic; raises EngineMissing."""
        self._registry.start()
        self.engine.start()
        self._workshop.clear()
        self.revisions.report_to(telemetry)
        self.traffic.start(telemetry)

    def expect(self, dockerfiles: Iterable[Path]) -> None:
        """Have the base images of these; raises EngineMissing for one that is not to be had."""
        bring(self.engine.api, bases_of(dockerfiles))

    def stop(self) -> None:
        """End every revision, the engine and the registry; blocks until nothing is left."""
        self.traffic.stop()
        self.revisions.stop_all()
        self.engine.stop()
        self._registry.stop()
