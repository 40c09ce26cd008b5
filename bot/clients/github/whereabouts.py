"""Which installation of our App reaches a repository: another owner's, once it was transferred."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.model import Repository

SURE_SECONDS = 10.0
"""For so long after an answer a repository is taken to be where it was."""


class Whereabouts:
    """What one process has learned, by the installation that events told: they renew it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._present: dict[tuple[int, int], int] = {}
        self._seen: dict[tuple[int, int], float] = {}

    def installation(self, repository: Repository) -> int:
        """Return the installation that was found to reach it, else the one that it came with."""
        with self._lock:
            return self._present.get(_key(repository), repository.installation)

    def sure(self, repository: Repository) -> bool:
        """Tell whether it answered just now, so that a 404 is about what was asked for in it."""
        with self._lock:
            seen = self._seen.get(_key(repository))
        return seen is not None and monotonic() - seen < SURE_SECONDS

    def saw(self, repository: Repository, installation: int) -> None:
        """Remember that this installation reaches it now."""
        with self._lock:
            self._seen[_key(repository)] = monotonic()
            if installation != repository.installation:
                self._present[_key(repository)] = installation


def _key(repository: Repository) -> tuple[int, int]:
    return repository.id, repository.installation
