"""What a small, seeded run of the benchmark holds a rule to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.rollouts.cell import Cell, cell
from benchmarks.rollouts.play import play
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.world import day_before

if TYPE_CHECKING:
    from benchmarks.rollouts.rule import MakeRule

SEED = 4


@dataclass(frozen=True, kw_only=True)
class Good:
    """A release that ought to come to 100 %."""

    scenario: str
    minutes: int
    """Within which half of them are there."""
    reps: int = 40
    back: int = 0
    """How many may be rolled back all the same."""

    def complaints(self, found: Cell) -> list[str]:
        late = found.full is None or found.full.median > self.minutes
        return [
            *([f"{found.rolled_back} rolled back"] if found.rolled_back > self.back else []),
            *([f"{found.stuck} stuck"] if found.stuck else []),
            *([f"at 100 % after {found.full}"] if late else []),
        ]


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A release that ought to be rolled back before it does much harm."""

    scenario: str
    harm: float
    """Median, in requests."""
    caught: float = 0.95
    reps: int = 40

    def complaints(self, found: Cell) -> list[str]:
        return [
            *([f"caught {found.share:.0%}"] if found.share < self.caught else []),
            *([f"harm {found.harm}"] if found.harm.median > self.harm else []),
        ]


BOUNDS: tuple[Good | Bad, ...] = (
    Good(scenario="good-0.1%-0.1rps", minutes=40),
    Good(scenario="good-0.1%-1rps", minutes=40),
    Good(scenario="good-0.1%-10rps", minutes=33),
    Good(scenario="good-0.1%-1000rps", minutes=20),
    Good(scenario="good-2%-10rps", minutes=33),
    Good(scenario="good-outage-in-ramp-10rps", minutes=40),
    Good(scenario="good-outage-in-watch-10rps", minutes=33),
    Good(scenario="good-cold-start-5%-100rps", minutes=20),
    Good(scenario="good-noise-4-2%-10rps", minutes=33),
    Good(scenario="good-noise-1-0.1%-1000rps", minutes=20, back=1),
    Good(scenario="good-spells-1-2%-10rps", minutes=33),
    Good(scenario="good-bursts-x4-2%-10rps", minutes=33, back=1),
    Good(scenario="good-hidden-noise-1-2%-100rps", minutes=20, back=2),
    Good(scenario="good-metrics-outage-15min-10rps", minutes=33 + 15),
    Bad(scenario="bad-0.1%-to-0.5%-10rps", harm=40, caught=0.90),
    Bad(scenario="bad-0.1%-to-0.5%-100rps", harm=36),
    Bad(scenario="bad-0.1%-to-2%-1rps", harm=18),
    Bad(scenario="bad-0.1%-to-2%-10rps", harm=24),
    Bad(scenario="bad-2%-to-4%-10rps", harm=45, caught=0.90),
    Bad(scenario="bad-0.1%-to-50%-0.1rps", harm=5),
    Bad(scenario="bad-0.1%-to-100%-0.1rps", harm=5),
    Bad(scenario="bad-0.1%-to-50%-10rps", harm=90),
    Bad(scenario="bad-0.1%-to-50%-1000rps", harm=1800),
    Bad(scenario="bad-slow-0.3%-to-3%-10rps", harm=25),
    Bad(scenario="bad-leak-to-10%-over-60-from-30-10rps", harm=90),
    Bad(scenario="bad-only-at-90%-share-10rps", harm=400),
    Bad(scenario="bad-20min-after-100%-10rps", harm=400),
)


def measured(make: MakeRule, bound: Good | Bad) -> Cell:
    scenario = SCENARIOS[bound.scenario]
    plays = []
    for repetition in range(bound.reps):
        rule = make(day_before(scenario, SEED, repetition))
        plays.append(play(rule, scenario, SEED, repetition))
    return cell("measured", bound.scenario, plays)
