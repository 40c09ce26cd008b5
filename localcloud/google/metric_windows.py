"""Request counts and latencies in native sampling windows, visible only after a lag.

Cloud Monitoring samples Cloud Run every 60 s and shows a sample up to 180 s later; both are
settings here. https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run
"""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from localcloud.google.container_lines import revision_labels
from localcloud.google.run_records import ServiceName, last

if TYPE_CHECKING:
    from localcloud.runtime.interface import Served

_KEPT = 2000
"""Windows kept: a day and a half of minutes."""
FINITE_BUCKETS, GROWTH, SCALE = 66, 1.4, 1.0
"""Exponential buckets in milliseconds: bounds are SCALE * GROWTH ** i."""
_BOUNDS = tuple(SCALE * GROWTH**index for index in range(FINITE_BUCKETS + 1))
_MILLISECONDS = 1000.0

Labels: TypeAlias = tuple[tuple[str, str], ...]
Clock: TypeAlias = Callable[[], float]


@dataclass
class Sample:
    """What was counted: requests, and how their milliseconds are distributed."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (FINITE_BUCKETS + 2))

    def add(self, milliseconds: float) -> None:
        """Count one request (Welford's update)."""
        self.merge(Sample(1, milliseconds, 0.0, []))
        self.buckets[bisect_right(_BOUNDS, milliseconds)] += 1

    def merge(self, other: Sample) -> None:
        """Add another sample to this one (Chan's parallel update)."""
        total = self.count + other.count
        if total:
            apart = other.mean - self.mean
            self.squares += other.squares + apart * apart * self.count * other.count / total
            self.mean += apart * other.count / total
        self.count = total
        for index, counted in enumerate(other.buckets):
            self.buckets[index] += counted


@dataclass(frozen=True)
class SeriesKey:
    """One series: labels of the metric and of the monitored resource, sorted."""

    metric: Labels
    resource: Labels


@dataclass(frozen=True)
class Window:
    """A series' sample in one window, its bounds in unix seconds."""

    key: SeriesKey
    start: float
    end: float
    sample: Sample


class MetricWindows:
    """Takes requests from any thread; tells what is visible by now."""

    def __init__(self, length: float, lag: float, clock: Clock = time.time) -> None:
        self.length = length
        self._lag = lag
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[int, dict[SeriesKey, Sample]] = {}

    def add(self, served: Served) -> None:
        """Count a request in the window in which it ended."""
        self.count(_key_of(served), served.at, served.seconds * _MILLISECONDS)

    def count(self, key: SeriesKey, at: float, milliseconds: float = 0.0) -> None:
        """Count one of whatever the series is about."""
        index = math.floor(at / self.length)
        with self._lock:
            window = self._windows.setdefault(index, {})
            window.setdefault(key, Sample()).add(milliseconds)
            for old in sorted(self._windows)[:-_KEPT]:
                del self._windows[old]

    def visible(self, start: float, end: float) -> list[Window]:
        """Return the windows that end within (start, end] and are visible, in order of time."""
        latest = min(end, self._clock() - self._lag)
        with self._lock:
            return [
                Window(key, index * self.length, (index + 1) * self.length, _copy(sample))
                for index, window in sorted(self._windows.items())
                if start < (index + 1) * self.length <= latest
                for key, sample in window.items()
            ]


def _copy(sample: Sample) -> Sample:
    return Sample(sample.count, sample.mean, sample.squares, list(sample.buckets))


def _key_of(served: Served) -> SeriesKey:
    service, code = last(served.service), str(served.status)
    of = ServiceName(served.project, served.location, service)
    metric = {"response_code": code, "response_code_class": f"{code[:1]}xx"}
    return SeriesKey(labels_of(metric), labels_of(revision_labels(of, served.revision)))


def labels_of(labels: dict[str, str]) -> Labels:
    """Return labels in the one order that makes equal sets equal."""
    return tuple(sorted(labels.items()))
