"""Revisions: their instances are started once each, take turns, and are drained before they end."""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial
from itertools import count
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
        self._running: dict[str, list[Instance]] = {}
        self._starting: dict[str, list[Instance]] = {}
        self._turns: defaultdict[str, count[int]] = defaultdict(count)
        self._one_at_a_time: defaultdict[str, Lock] = defaultdict(Lock)
        self._telemetry: Telemetry | None = None

    def report_to(self, telemetry: Telemetry) -> None:
        """Tell where output lines go."""
        self._telemetry = telemetry

    def port(self, revision: str) -> int | None:
        """Give the loopback port of the instance whose turn it is; None when none runs."""
        instances = self._running.get(revision)
        if not instances:
            return None
        return instances[next(self._turns[revision]) % len(instances)].port

    def start(self, spec: RevisionSpec) -> None:
        """Block until all its instances listen; a running one is left alone. Raises StartFailed."""
        with self._one_at_a_time[spec.revision]:
            if spec.revision in self._running:
                return
            launcher = self._workshop.prepare(spec, partial(self._line, spec))
            instances = self._starting[spec.revision] = []
            try:
                made = (Instance(spec, launcher, self._telemetry) for _ in range(spec.instances))
                instances.extend(made)
                for instance in instances:
                    instance.start()
                self._running[spec.revision] = instances
            except StartFailed:
                for instance in instances:
                    instance.stop()
                self._workshop.discard(spec.revision)
                raise
            finally:
                del self._starting[spec.revision]

    def stop(self, revision: str) -> None:
        """End the revision after its requests; one that does not run is left alone."""
        with self._one_at_a_time[revision]:
            if revision not in self._running:
                return
            self._in_flight.drained(revision, _DRAIN_SECONDS)
            for instance in self._running.pop(revision):
                instance.stop()
            self._workshop.discard(revision)

    def stop_all(self) -> None:
        """End every revision, all at the same time; one that is just starting fails to."""
        for instances in list(self._starting.values()):
            for instance in list(instances):
                instance.give_up()
        ending = [Thread(target=self.stop, args=(revision,)) for revision in list(self._running)]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def _line(self, spec: RevisionSpec, text: str) -> None:
        if self._telemetry:
            self._telemetry.line(spec.service, spec.revision, "stderr", text, time.time())
