"""Where a repository is by now: its name, and the installation of our App that reaches it."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bot.core.model import Repository

SURE_SECONDS = 10.0
"""For so long after an answer a repository is taken to be where it was."""


class Place(NamedTuple):
    """A name, and an installation."""

    name: str
    installation: int


class Whereabouts:
    """What one process has learned, by the name and installation that events told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[Repository, Place] = {}
        self._seen: dict[Repository, float] = {}

    def of(self, repository: Repository) -> Place:
        """Return where it was found, else where it was when it came."""
        told = Place(repository.full_name, repository.installation)
        with self._lock:
            return self._found.get(repository, told)

    def sure(self, repository: Repository) -> bool:
        """Tell whether it answered just now, so that a 404 is about what was asked for in it."""
        with self._lock:
            seen = self._seen.get(repository)
        return seen is not None and monotonic() - seen < SURE_SECONDS

    def saw(self, repository: Repository, place: Place) -> None:
        """Remember that it is there now."""
        with self._lock:
            self._seen[repository] = monotonic()
            self._found[repository] = place
