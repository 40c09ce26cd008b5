"""Spillway's own rule, driven from outside: the very code of `bot/core`, a minute at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import course, verdict
from bot.core.evidence import Counts, Evidence, Outcome, VerdictConfig, Window
from bot.core.route import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE = timedelta(minutes=1)
START = datetime(2026, 1, 5, tzinfo=UTC)


class Spillway:
    """One rollout of one service with automatic steps, and an hour's watch."""

    def __init__(self, config: VerdictConfig, history: Sequence[Counts]) -> None:
        """Learn from stable's one-minute counts of the day before."""
        self._config = replace(config, history=verdict.summary(history))
        self._route = Route(steps=course.automatic(self._config.history))
        self._course = course.begin(self._route)
        self._evidence = Evidence()
        self._shares: list[int] = []
        self._told = 0

    @property
    def weight(self) -> int:
        """The canary's percentage from the next minute on."""
        return self._course.share

    def also(self, canary: Counts | None, stable: Counts | None) -> None:
        """Take in a minute that becomes visible together with a newer one."""
        start = START + self._told * MINUTE
        share = self._shares[self._told]
        seen = Window(start=start, end=start + MINUTE, share=share, canary=canary, stable=stable)
        self._evidence = verdict.update(self._evidence, seen, self._config)
        self._told += 1

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        """Take in what has become visible in this minute, and decide."""
        self._shares.append(self.weight)
        if canary is None and stable is None:
            return None
        self.also(canary, stable)
        read = verdict.read(self._evidence, self._config)
        move = course.onward(self._course, ((self._evidence, read),), self._route)
        self._course = move.course
        return move.outcome


def spillway(config: VerdictConfig | None = None, history: Sequence[Counts] = ()) -> Spillway:
    """Return Spillway's rule; without a config with the parameters that it is shipped with."""
    return Spillway(config or VerdictConfig(), history)
