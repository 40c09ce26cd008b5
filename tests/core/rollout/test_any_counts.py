"""Whatever Cloud Monitoring says was counted, a rollout waits, goes on or goes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

import hypothesis.strategies as st
from hypothesis import given, settings
from msgspec.structs import replace

from bot.core import replay
from bot.core.deployment import Phase
from bot.core.evidence import Counts, Day
from bot.core.report.deployment import details
from tests.core.rollout.simulated import World, deployment, service_plan
from tests.core.verdict.test_any_counts import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.deployment import Deployment
    from bot.core.evidence import Window
    from bot.core.rollout.wants import WindowsWanted
    from bot.core.sight import Sight

AI = service_plan("ai")


@dataclass
class Told(World):
    """Cloud Monitoring says these, one after the other, whatever was asked for."""

    counts: Iterator[Counts | None] = field(default_factory=lambda: iter(()))
    slow_above: float = 0.0

    def _windows(self, deployment: Deployment, want: WindowsWanted) -> tuple[Window, ...]:
        windows = super()._windows(deployment, want)
        return tuple(
            replace(window, canary=next(self.counts), stable=next(self.counts))
            for window in windows
        )

    def seen(self, deployment: Deployment) -> Sight:
        seen = super().seen(deployment)
        windows = tuple(next(self.counts) or Counts() for _ in range(30))
        day = Day(windows=windows, slow_above=self.slow_above)
        return replace(seen, days=dict.fromkeys(seen.days, day))


@settings(deadline=None, max_examples=40)
@given(
    counts=st.lists(st.none() | COUNTS, min_size=1, max_size=7),
    slow_above=st.floats(),
    steps=st.sampled_from([(), (5, 50, 100), (100,)]),
)
def test_no_counts_break_a_rollout(
    counts: list[Counts | None], slow_above: float, steps: tuple[int, ...]
) -> None:
    world = Told(counts=cycle(counts), slow_above=slow_above).with_stable("ai")
    going = world.play(deployment(AI, steps=steps, watch=10), looks=60)
    assert details(going, 0)
    assert [*map(replay.line, replay.replayed(going))] or not going.services[0].windows
    if going.phase is Phase.ROLLED_BACK:
        assert world.services["ai"].serving == "ai-old"
    if going.phase is Phase.SUCCEEDED:
        assert world.services["ai"].serving == "ai-new"
