"""Rules that watch the world instead of steering it."""

from __future__ import annotations

from bot.core.evidence import Counts, Outcome


class Fixed:
    """Goes through given weights, one a minute, and remembers what it was told."""

    def __init__(self, *weights: int, minutes: int = 100) -> None:
        self._weights = list(weights)
        self._minutes = minutes
        self.told: list[tuple[Counts | None, Counts | None]] = []

    @property
    def weight(self) -> int:
        return self._weights[min(len(self.told), len(self._weights) - 1)]

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        self.told.append((canary, stable))
        return Outcome.PROMOTED if len(self.told) == self._minutes else None

    @property
    def minutes(self) -> list[tuple[Counts, Counts]]:
        """What was told, without the calls at which nothing was visible."""
        return [(one, other) for one, other in self.told if one is not None and other is not None]


class Catching(Fixed):
    """The same, for whom several minutes at a time are not too many."""

    def __init__(self, *weights: int) -> None:
        super().__init__(*weights)
        self.seen: list[tuple[Counts, Counts]] = []

    def also(self, canary: Counts | None, stable: Counts | None) -> None:
        if canary is not None and stable is not None:
            self.seen.append((canary, stable))

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        self.also(canary, stable)
        return super().window(canary, stable)


def asked(counts: Counts | None) -> int:
    return counts.requests if counts else 0
