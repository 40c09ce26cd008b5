"""The results for machines: everything that the table says, and a little more, as one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from benchmarks.rollouts.floors import wald
from benchmarks.rollouts.rules import ORACLE, PEERS
from benchmarks.rollouts.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rollouts.cell import Cell
    from benchmarks.rollouts.goals import Goal
    from benchmarks.rollouts.results import Results
    from benchmarks.rollouts.scenario import Scenario
    from benchmarks.rollouts.validity import Validity

FILE = "results.json"


def document(results: Results, validity: Validity, goals: Sequence[Goal]) -> bytes:
    """Return the document, in JSON."""
    played = {name: cells for name in SCENARIOS if (cells := results.of(name))}
    whole = {
        "seed": results.seed,
        "reps": results.reps,
        "goals": goals,
        "scenarios": [
            _scenario(SCENARIOS[name], cells, validity) for name, cells in played.items()
        ],
        "validity": validity,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def _scenario(scenario: Scenario, cells: dict[str, Cell], validity: Validity) -> dict[str, object]:
    oracle = cells[ORACLE].harm.median if ORACLE in cells else None
    return {
        "name": scenario.name,
        "bad": scenario.bad,
        "rps": scenario.rps,
        "floors": {"f0": wald(scenario), "f1": oracle},
        "rules": [_rule(one, scenario, oracle, validity) for one in cells.values()],
    }


def _rule(
    one: Cell, scenario: Scenario, oracle: float | None, validity: Validity
) -> dict[str, object]:
    floor = wald(scenario)
    return {
        **msgspec.structs.asdict(one),
        "interval": one.bounds,
        "times_f1": one.harm.median / oracle if oracle else None,
        "times_f0": one.harm.median / floor if floor else None,
        "valid": validity.valid(one.rule, scenario.rps) if one.rule in PEERS else None,
    }
