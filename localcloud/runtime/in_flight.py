"""Requests on their way, per revision: whoever stops a revision waits for them first."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class InFlight:
    """Counts requests; safe from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._changed = Condition()

    @contextmanager
    def request(self, revision: str) -> Iterator[None]:
        """Count one request while the block runs."""
        self._add(revision, 1)
        try:
            yield
        finally:
            self._add(revision, -1)

    def drained(self, revision: str, seconds: float) -> bool:
        """Block until the revision has no request, at most so long; tell whether it has none."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._counts[revision], seconds)

    def _add(self, revision: str, number: int) -> None:
        with self._changed:
            self._counts[revision] += number
            self._changed.notify_all()
