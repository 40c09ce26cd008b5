"""The cells of a run, stored after each scenario so that an interrupted run can go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from benchmarks.rollouts.cell import Cell

if TYPE_CHECKING:
    from pathlib import Path

FILE = "cells.json"


class Results(Struct, kw_only=True):
    """Everything that was played with one seed and one number of repetitions."""

    seed: int
    reps: int
    cells: list[Cell]

    def find(self, rule: str, scenario: str) -> Cell | None:
        """Return one cell, None if it was not played."""
        return next(
            (one for one in self.cells if (one.rule, one.scenario) == (rule, scenario)), None
        )

    def of(self, scenario: str) -> dict[str, Cell]:
        """Return the cells of one scenario, by rule."""
        return {one.rule: one for one in self.cells if one.scenario == scenario}

    def add(self, cells: list[Cell]) -> None:
        """Take in new cells, in place of older ones of the same rule and scenario."""
        new = {(one.rule, one.scenario) for one in cells}
        self.cells = [one for one in self.cells if (one.rule, one.scenario) not in new] + cells

    def save(self, folder: Path) -> None:
        """Write them to the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        written = msgspec.json.format(msgspec.json.encode(self), indent=1)
        (folder / FILE).write_bytes(written + b"\n")


def kept(folder: Path, seed: int, reps: int) -> Results:
    """Return what an earlier run with the same seed and repetitions left in the folder."""
    empty = Results(seed=seed, reps=reps, cells=[])
    file = folder / FILE
    if not file.exists():
        return empty
    found = msgspec.json.decode(file.read_bytes(), type=Results)
    return found if (found.seed, found.reps) == (seed, reps) else empty
