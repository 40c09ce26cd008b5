"""Smooth weighted round robin: the exact split, spread as evenly as it goes.

The method is nginx's: https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Split:
    """Picks revisions in proportion to their weights; any 100 picks of percents are exact."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self.weights = {name: weight for name, weight in weights.items() if weight > 0}
        self._total = sum(self.weights.values())
        self._credit = dict.fromkeys(self.weights, 0)

    def pick(self) -> str | None:
        """Give the next revision; None without any weight."""
        if not self.weights:
            return None
        for name, weight in self.weights.items():
            self._credit[name] += weight
        chosen = max(self._credit, key=self._credit.__getitem__)
        self._credit[chosen] -= self._total
        return chosen
