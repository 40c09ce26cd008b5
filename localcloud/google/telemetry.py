"""What the runtime reports, taken into Cloud Monitoring and Cloud Logging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.google.container_lines import at as dated
from localcloud.google.container_lines import entry_of_line

if TYPE_CHECKING:
    from localcloud.google.log_store import LogStore
    from localcloud.google.metric_windows import MetricWindows
    from localcloud.runtime.interface import Served


class CloudTelemetry:
    """Implements the runtime's Telemetry."""

    def __init__(self, windows: MetricWindows, log: LogStore) -> None:
        self._windows = windows
        self._log = log

    def served(self, served: Served) -> None:
        """Count one request."""
        self._windows.add(served)

    def line(
        self, service: str, revision: str, stream: str, text: str, at: float
    ) -> None:  # the runtime's interface
        """Keep one output line."""
        self._log.write(dated(entry_of_line(service, revision, stream, text), at))
