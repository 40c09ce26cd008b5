"""The runtime as a whole: images, revisions and traffic below one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.runtime.dependencies import Dependencies
from localcloud.runtime.forward import Forwarder
from localcloud.runtime.images import LocalImages
from localcloud.runtime.in_flight import InFlight
from localcloud.runtime.layout import Layout
from localcloud.runtime.processes import ProcessWorkshop
from localcloud.runtime.proxy import LocalTraffic
from localcloud.runtime.revisions import LocalRevisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from localcloud.runtime.interface import Telemetry

REQUEST_TIMEOUT_SECONDS = 300.0  # https://cloud.google.com/run/docs/configuring/request-timeout


class Runtime:
    """What Google's control plane steers: `images`, `revisions` and `traffic`.

    `verify(token, audience)` judges the ID token of a call to a service that is not public.
    `deps`, where dependencies are prepared once per machine, is `root/deps` unless told.
    """

    def __init__(
        self,
        root: Path,
        verify: Callable[[str, str], bool],
        deps: Path | None = None,
        request_timeout: float = REQUEST_TIMEOUT_SECONDS,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        in_flight = InFlight()
        dependencies = Dependencies((deps or root / "deps").absolute())
        self.images = LocalImages(Layout(root / "images"), dependencies)
        workshop = ProcessWorkshop((root / "revisions").absolute(), self.images, dependencies)
        self.revisions = LocalRevisions(workshop, in_flight)
        forwarder = Forwarder(self.revisions.port, in_flight, request_timeout)
        self.traffic = LocalTraffic(root / "ports.json", verify, forwarder)

    def about(self) -> str:
        """Say in one line what services run as."""
        return "services run as processes: quick, without isolation or limits"

    def start(self, telemetry: Telemetry) -> None:
        """Serve traffic, and tell `telemetry` of every request and output line."""
        self.revisions.report_to(telemetry)
        self.traffic.start(telemetry)

    def expect(self, dockerfiles: Iterable[Path]) -> None:
        """Need nothing before: processes run on this machine's Python and Node."""

    def stop(self) -> None:
        """Take no more requests, end every revision; blocks until none is left."""
        self.traffic.stop()
        self.revisions.stop_all()
