"""Which peers are valid at which rate: a rule that rolls good releases back is no measure.

A peer is valid at a rate when in no good scenario of that rate the share of false rollbacks is
above 1 %, by the lower bound of its 99 % interval. This is decided once, with 2000 repetitions, and
stored beside this file; `python -m benchmarks.rollouts --decide` makes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from benchmarks.rollouts.rules import PEERS
from benchmarks.rollouts.scenarios import SCENARIOS

if TYPE_CHECKING:
    from benchmarks.rollouts.cell import Cell
    from benchmarks.rollouts.results import Results

STORED = Path(__file__).with_name("validity.json")
MOST_FALSE = 0.01
REPS = 2000


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

    def peers(self, rps: float) -> list[str]:
        """Return the valid peers of that rate."""
        return [peer for peer in self.failing if self.valid(peer, rps)]


def stored() -> Validity:
    """Return what was decided."""
    return msgspec.json.decode(STORED.read_bytes(), type=Validity)


def too_often(cell: Cell) -> bool:
    """Tell whether a good release was rolled back too often, beyond doubt."""
    return cell.bounds[0] > MOST_FALSE


def decide(results: Results) -> Validity:
    """Return what follows from every good scenario played with every peer."""
    rates = sorted({one.rps for one in SCENARIOS.values()})
    failing: dict[str, dict[str, list[Failing]]] = {
        peer: {f"{rps:g}": [] for rps in rates} for peer in PEERS
    }
    for scenario in SCENARIOS.values():
        for peer, one in results.of(scenario.name).items():
            if peer in PEERS and not scenario.bad and too_often(one):
                found = Failing(scenario.name, one.rolled_back, one.reps)
                failing[peer][f"{scenario.rps:g}"].append(found)
    command = f"python -m benchmarks.rollouts --decide --reps {results.reps} --seed {results.seed}"
    return Validity(command=command, seed=results.seed, reps=results.reps, failing=failing)


def save(validity: Validity) -> None:
    """Store the decision in the repository."""
    written = msgspec.json.format(msgspec.json.encode(validity), indent=1)
    STORED.write_bytes(written + b"\n")
