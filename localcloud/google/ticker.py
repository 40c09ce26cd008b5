"""Stands in for Cloud Scheduler: one job that publishes to a topic at a fixed pace."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.google.pubsub_topics import Topics


class Ticker:
    """Publishes `{}` to the topic every `interval` seconds, once the topic exists."""

    def __init__(self, topics: Topics, topic: str, interval: float) -> None:
        self._topics = topics
        self._topic = topic
        self._interval = interval
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Tick from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Tick no more; also fine before `start`."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            self._topics.publish(self._topic, b"{}", {})
