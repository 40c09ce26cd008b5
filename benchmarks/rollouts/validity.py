"""Which peers are valid at which rate: a rule that rolls good releases back is no measure.

A peer is valid at a rate when in no good scenario of that rate the share of false rollbacks is
above 1 %, by the lower bound of its 99 % interval. This is decided once, with 2000 repetitions, and
stored beside this file; `python -m benchmarks.rollouts --decide` makes it anew. The scenarios that
break most peers come first, and who has failed at a rate is not played there any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from benchmarks.rollouts.rules import PEERS
from benchmarks.rollouts.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.rollouts.cell import Cell
    from benchmarks.rollouts.results import Results
    from benchmarks.rollouts.scenario import Scenario

STORED = Path(__file__).with_name("validity.json")
MOST_FALSE = 0.01
REPS = 2000


HARD = ("outage", "cold", "noise-4", "noise", "spells-1", "metrics")
"""What breaks most peers, the worst first."""
RARE = ("spells", "bursts", "sticky", "metrics", "traffic")
"""What a nearly valid peer may fail at: long bursts, sticky clients, nothing to see."""


class Failing(Struct, frozen=True):
    """A good scenario in which a peer rolled back too often."""

    scenario: str
    rolled_back: int
    reps: int


class Validity(Struct, kw_only=True):
    """For each peer and rate, the good scenarios that it fails; valid where there are none."""

    command: str
    seed: int
    reps: int
    failing: dict[str, dict[str, list[Failing]]]

    def valid(self, peer: str, rps: float) -> bool:
        """Tell whether the peer is a measure at that rate."""
        return not self.failing.get(peer, {}).get(f"{rps:g}")

    def nearly(self, peer: str, rps: float) -> bool:
        """Tell whether the peer fails at that rate in rare circumstances only."""
        failing = self.failing.get(peer, {}).get(f"{rps:g}", [])
        return all(_kind(one.scenario).startswith(RARE) for one in failing)


def stored() -> Validity:
    """Return what was decided."""
    return msgspec.json.decode(STORED.read_bytes(), type=Validity)


def too_often(cell: Cell) -> bool:
    """Tell whether a good release was rolled back too often, beyond doubt."""
    return cell.bounds[0] > MOST_FALSE


def undecided(results: Results) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield good scenarios, each with the peers that are still to be played there."""
    for scenario in sorted(_good(), key=_hardness):
        failed = decide(results)
        asked = (peer for peer in PEERS if failed.valid(peer, scenario.rps))
        peers = tuple(peer for peer in asked if peer not in results.of(scenario.name))
        if peers:
            yield scenario.name, peers


def _good() -> list[Scenario]:
    return [one for one in SCENARIOS.values() if not one.bad]


def _hardness(scenario: Scenario) -> tuple[bool, int]:
    kind = _kind(scenario.name)
    place = next((place for place, word in enumerate(HARD) if kind.startswith(word)), len(HARD))
    return kind.startswith(RARE), place


def _kind(scenario: str) -> str:
    return scenario.removeprefix("good-")


def decide(results: Results) -> Validity:
    """Return what follows from the good scenarios that were played with peers."""
    rates = sorted({one.rps for one in SCENARIOS.values()})
    failing: dict[str, dict[str, list[Failing]]] = {
        peer: {f"{rps:g}": [] for rps in rates} for peer in PEERS
    }
    for scenario in _good():
        for peer, one in results.of(scenario.name).items():
            if peer in PEERS and too_often(one):
                found = Failing(scenario.name, one.rolled_back, one.reps)
                failing[peer][f"{scenario.rps:g}"].append(found)
    command = f"python -m benchmarks.rollouts --decide --reps {results.reps} --seed {results.seed}"
    return Validity(command=command, seed=results.seed, reps=results.reps, failing=failing)


def save(validity: Validity) -> None:
    """Store the decision in the repository."""
    written = msgspec.json.format(msgspec.json.encode(validity), indent=1)
    STORED.write_bytes(written + b"\n")
