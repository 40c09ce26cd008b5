"""What Cloud Run's API says about a service's traffic.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#Service
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT = 30.0


@dataclass(frozen=True)
class CloudRun:
    """One region of one project."""

    api: str
    """The region's address in the Admin API v2."""

    def split(self, service: str) -> dict[str, int]:
        """Return who answers now: revision → percentage, without the zeros."""
        told = self._get(f"services/{service}")
        percents: dict[str, int] = {}
        for target in told.get("trafficStatuses", []):
            name = target.get("revision", "")
            percents[name] = percents.get(name, 0) + target.get("percent", 0)
        return {revision: percent for revision, percent in percents.items() if percent}

    def tags(self, service: str) -> tuple[str, ...]:
        """Return the tags that traffic targets carry."""
        targets = self._get(f"services/{service}").get("traffic", [])
        return tuple(target["tag"] for target in targets if target.get("tag"))

    def commit(self, service: str, revision: str) -> str:
        """Return the commit that a revision says it was made from."""
        told = self._get(f"services/{service}/revisions/{revision}")
        return str(told.get("labels", {}).get("spillway-commit", ""))

    def _get(self, path: str) -> dict[str, Any]:
        answer = requests.get(f"{self.api}/{path}", timeout=TIMEOUT)
        answer.raise_for_status()
        return dict(answer.json())
