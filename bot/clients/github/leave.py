"""Until when GraphQL is left alone, each installation of our App by itself.

Its limits are others than REST's, and whoever goes on asking may be shut out for longer:
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.model import Repository

LONGEST = 3600.0
"""Seconds; so long also where this GitHub lacks GraphQL, or fields: it may be upgraded."""


class Leave:
    """What one process has been told, by any of its threads."""

    def __init__(self) -> None:
        self._until: dict[int, float] = {}

    def holds(self, repository: Repository) -> bool:
        """Tell whether GraphQL is not to be asked now."""
        return monotonic() < self._until.get(repository.installation, 0.0)

    def give(self, repository: Repository, seconds: float) -> None:
        """Leave it alone for so long."""
        self._until[repository.installation] = monotonic() + min(seconds, LONGEST)
