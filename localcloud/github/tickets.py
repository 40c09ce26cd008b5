"""Short-lived secrets for archive addresses, so that no real token travels in a URL."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.github.records import Repository

LIFETIME = 300.0
"""Seconds that an archive's address works: https://docs.github.com/rest/repos/contents."""


class Tickets:
    """Secrets that each open one commit's archive for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, tuple[int, str, float]] = {}

    def issue(self, repository: Repository, sha: str) -> str:
        """Make a secret for one commit's archive."""
        ticket, ends = secrets.token_urlsafe(18), time.monotonic() + LIFETIME
        with self._lock:
            current = time.monotonic()
            self._open = {key: held for key, held in self._open.items() if held[2] > current}
            self._open[ticket] = (repository.id, sha, ends)
        return ticket

    def opens(self, ticket: str, repository: Repository, sha: str) -> bool:
        """Tell whether a secret opens this archive now."""
        with self._lock:
            held = self._open.get(ticket)
        return held is not None and held[:2] == (repository.id, sha) and held[2] > time.monotonic()
