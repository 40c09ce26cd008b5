"""Spillway's rule is driven from outside, a minute at a time, as anybody may do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.rollouts import Counts, Outcome, spillway
from benchmarks.rollouts.play import Played, play
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.world import day_before
from bot.core.evidence import VerdictConfig

if TYPE_CHECKING:
    from benchmarks.rollouts.rule import Rule

DAY = [Counts(600, 1, 6, 2)] * 1440


class Silent:
    """Hands on that nobody asked a side as None, as if it had no series."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    @property
    def weight(self) -> int:
        return self._rule.weight

    def window(self, canary: Counts | None, stable: Counts | None) -> Outcome | None:
        return self._rule.window(_asked(canary), _asked(stable))


def _asked(counts: Counts | None) -> Counts | None:
    return counts if counts and counts.requests else None


def steered(rule: Rule, canary_fails: float, minutes: int = 200) -> tuple[Outcome | None, int]:
    """Serve 600 requests a minute, three minutes late; return how it ended, and when."""
    served: list[tuple[Counts, Counts]] = []
    for minute in range(minutes):
        mine = 6 * rule.weight
        bad = round(mine * canary_fails)
        served.append((Counts(mine, bad), Counts(600 - mine, 0)))
        told = served[minute - 3] if minute >= 3 else (None, None)
        outcome = rule.window(*told)
        if outcome:
            return outcome, minute + 1
    return None, minutes


def test_a_good_release_is_promoted_and_a_broken_one_goes_back() -> None:
    assert steered(spillway(history=DAY), 0.0)[0] is Outcome.PROMOTED
    assert steered(spillway(history=DAY), 0.5) == (Outcome.ROLLED_BACK, 4)


def test_it_does_without_a_history_and_with_another_alpha() -> None:
    assert steered(spillway(), 0.0)[0] is Outcome.PROMOTED
    assert steered(spillway(VerdictConfig(alpha=0.001), DAY), 0.5)[0] is Outcome.ROLLED_BACK


def test_no_series_is_as_good_as_no_requests() -> None:
    for name in ("good-outage-in-watch-10rps", "bad-only-at-90%-share-10rps"):
        assert _played(name, silent=True) == _played(name, silent=False)


def _played(name: str, *, silent: bool) -> Played:
    scenario = SCENARIOS[name]
    rule = spillway(history=day_before(scenario, 1, 0))
    return play(Silent(rule) if silent else rule, scenario, 1, 0)
