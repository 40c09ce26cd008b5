"""Pub/Sub at its worst: every message comes late, out of order, and once more after it was taken.

Delivery at least once and in no order is what the service promises
(https://cloud.google.com/pubsub/docs/subscription-overview#default_properties). Messages stay as
they were published, so the times at which they were received stay true.
"""

from __future__ import annotations

import random
import threading

_LATEST = 0.4
"""Seconds within which messages overtake each other."""


class Disorder:
    """Decides, from a seed, how late each message comes; each comes twice."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # it must repeat, not surprise
        self._lock = threading.Lock()
        self._repeated: set[tuple[str, str]] = set()

    def lateness(self) -> float:
        """Return for how many seconds the next message stays on its way."""
        with self._lock:
            return self._random.uniform(0.0, _LATEST)

    def comes_again(self, subscription: str, message: str) -> bool:
        """Tell whether a message that was acknowledged is to be delivered once more."""
        seen = (subscription, message)
        with self._lock:
            again = seen not in self._repeated
            (self._repeated.add if again else self._repeated.discard)(seen)
        return again
