"""What the runtime reports, taken into Cloud Monitoring and Cloud Logging."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from localcloud.google.container_lines import at as dated
from localcloud.google.container_lines import entry_of_line
from localcloud.google.log_store import Severity
from localcloud.google.metric_windows import SeriesKey, labels_of

if TYPE_CHECKING:
    from localcloud.google.log_store import LogStore
    from localcloud.google.metric_windows import MetricWindows
    from localcloud.google.protocol import Proto
    from localcloud.runtime.interface import Served


class CloudTelemetry:
    """Implements the runtime's Telemetry."""

    def __init__(self, windows: MetricWindows, lines: MetricWindows, log: LogStore) -> None:
        self._windows = windows
        self._lines = lines
        self._log = log

    def served(self, served: Served) -> None:
        """Count one request."""
        self._windows.add(served)

    def line(
        self, service: str, revision: str, stream: str, text: str, at: float
    ) -> None:  # the runtime's interface
        """Keep one output line, and count it."""
        entry = entry_of_line(service, revision, stream, text)
        self._lines.count(_series_of(entry), at)
        self._log.write(dated(entry, at))


def _series_of(entry: Proto) -> SeriesKey:
    name = unquote(entry.log_name.rpartition("/logs/")[2])
    metric = {"log": name, "severity": Severity(entry.severity).name}
    return SeriesKey(labels_of(metric), labels_of(dict(entry.resource.labels)))
