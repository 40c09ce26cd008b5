"""What this control plane needs from the runtime; the runtime's interface file owns the shapes."""

from __future__ import annotations

from localcloud.runtime.interface import Images, Revisions, Telemetry, Traffic

__all__ = ["Images", "Revisions", "Telemetry", "Traffic"]
