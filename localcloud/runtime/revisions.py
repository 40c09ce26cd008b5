"""Revisions: started once each, found by their port, drained before they end."""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial
from threading import Lock, Thread
from typing import TYPE_CHECKING

from localcloud.runtime.instance import Instance
from localcloud.runtime.interface import StartFailed

if TYPE_CHECKING:
    from localcloud.runtime.in_flight import InFlight
    from localcloud.runtime.interface import RevisionSpec, Telemetry
    from localcloud.runtime.running import Workshop

_DRAIN_SECONDS = 10.0


class LocalRevisions:
    """The `Revisions` of this laptop; `workshop` knows what they run as."""

    def __init__(self, workshop: Workshop, in_flight: InFlight) -> None:
        self._workshop = workshop
        self._in_flight = in_flight
        self._running: dict[str, Instance] = {}
        self._starting: dict[str, Instance] = {}
        self._one_at_a_time: defaultdict[str, Lock] = defaultdict(Lock)
        self._telemetry: Telemetry | None = None

    def report_to(self, telemetry: Telemetry) -> None:
        """Tell where output lines go."""
        self._telemetry = telemetry

    def port(self, revision: str) -> int | None:
        """Give the loopback port on which the revision listens; None when it does not run."""
        instance = self._running.get(revision)
        return instance.port if instance else None

    def start(self, spec: RevisionSpec) -> None:
        """Block until the revision listens; a running one is left alone. Raises StartFailed."""
        with self._one_at_a_time[spec.revision]:
            if spec.revision in self._running:
                return
            launcher = self._workshop.prepare(spec, partial(self._line, spec))
            instance = Instance(spec, launcher, self._telemetry)
            self._starting[spec.revision] = instance
            try:
                instance.start()
                self._running[spec.revision] = instance
            except StartFailed:
                self._workshop.discard(spec.revision)
                raise
            finally:
                del self._starting[spec.revision]

    def stop(self, revision: str) -> None:
        """End the revision after its requests; one that does not run is left alone."""
        with self._one_at_a_time[revision]:
            instance = self._running.get(revision)
            if instance is None:
                return
            self._in_flight.drained(revision, _DRAIN_SECONDS)
            del self._running[revision]
            instance.stop()
            self._workshop.discard(revision)

    def stop_all(self) -> None:
        """End every revision, all at the same time; one that is just starting fails to."""
        for instance in list(self._starting.values()):
            instance.give_up()
        ending = [Thread(target=self.stop, args=(revision,)) for revision in list(self._running)]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def _line(self, spec: RevisionSpec, text: str) -> None:
        if self._telemetry:
            self._telemetry.line(spec.service, spec.revision, "stderr", text, time.time())
