"""The crash matrix: the story once per boundary, the consumer killed just before and just after.

`python -m tests.faults.matrix [--sample N] [--only TEXT] [--workers N]` prints a line per run as it
ends, and the matrix at the end. Exit 0 only if after every crash the outside world ends the same.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import takewhile
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tests.faults.gate import AFTER, BEFORE
from tests.faults.story import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

LISTINGS = 2
"""Runs without a crash; what only one of them met is met by chance."""
TRIES = 3
"""Runs until a boundary is met that does not come in every run."""
LONGEST_BOUNDARY = 92
SHOWN = 120
"""Characters around the place where two texts part."""


@dataclass(frozen=True)
class Listing:
    """What runs without a crash met, and how the outside world looks after them."""

    end: tuple[str, ...]
    always: tuple[str, ...]
    sometimes: tuple[str, ...]

    def cells(self) -> list[tuple[str, str]]:
        """Return every boundary with each side of it."""
        every = (*self.always, *self.sometimes)
        return [(boundary, when) for boundary in every for when in (BEFORE, AFTER)]


@dataclass(frozen=True)
class Cell:
    """How the outside world ended after one crash."""

    boundary: str
    when: str
    met: bool
    differs: tuple[str, ...]
    waste: int
    seconds: float

    def good(self, listing: Listing) -> bool:
        """Tell whether all is as expected."""
        return not self.differs and (self.met or self.boundary in listing.sometimes)

    def __str__(self) -> str:
        if self.differs:
            return "DIFFERS"
        wasted = f", {self.waste} build wasted" if self.waste else ""
        return f"same{wasted}" if self.met else "not met"


def listed(stage: Stage) -> Listing:
    """Play without a crash; raise ValueError when that does not always end the same."""
    ends, met = [], []
    for _ in range(LISTINGS):
        ends.append(tuple(stage.play()[0]))
        met.append(list(stage.boundaries.met))
    if len(set(ends)) > 1:
        said = "\n".join(differences(ends[0], ends[1]))
        message = f"the story ends differently even without a crash:\n{said}"
        raise ValueError(message)
    always = [name for name in met[0] if all(name in other for other in met)]
    every = dict.fromkeys(name for names in met for name in names)
    return Listing(ends[0], tuple(always), tuple(name for name in every if name not in always))


def crashed(stage: Stage, cell: tuple[str, str], listing: Listing) -> Cell:
    """Play with one crash, again when its boundary did not come."""
    begun, met = time.monotonic(), False
    for _ in range(TRIES):
        end, waste = stage.play(*cell)
        met = stage.boundaries.killed.is_set()
        differs = tuple(differences(listing.end, end))
        if met or differs:
            break
    if differs:
        differs += tuple(f"it said: {' '.join(alert.split())}" for alert in stage.told)
    return Cell(*cell, met, differs, waste, time.monotonic() - begun)


def differences(wanted: Sequence[str], seen: Sequence[str]) -> list[str]:
    """Return what is missing and what is too much; of two long texts, where they part."""
    left, missing = list(seen), []
    for line in wanted:
        if line in left:
            left.remove(line)
        else:
            missing.append(line)
    if len(missing) == len(left):
        return [_parting(one, other) for one, other in zip(missing, left, strict=True)]
    return [f"missing: {line}" for line in missing] + [f"too much: {line}" for line in left]


def _parting(wanted: str, seen: str) -> str:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(wanted, seen, strict=False))
    alike = sum(1 for _ in pairs)
    begin = max(0, alike - SHOWN)
    return f"…{wanted[begin : alike + SHOWN]}… became …{seen[begin : alike + SHOWN]}…"


class _Worker:
    folder: str
    stage: Stage


def _set_up(folder: str) -> None:
    _Worker.folder = folder
    _set_anew()
    Finalize(None, _strike, exitpriority=1)


def _set_anew() -> None:
    _Worker.stage = Stage(Path(tempfile.mkdtemp(dir=_Worker.folder)))
    _Worker.stage.set()


def _strike() -> None:
    _Worker.stage.strike()


def _listed() -> Listing:
    return listed(_Worker.stage)


def _crashed(cell: tuple[str, str], listing: Listing) -> Cell:
    """Play it; where all is not as it should be the next one gets another stage."""
    try:
        done = crashed(_Worker.stage, cell, listing)
    except Exception:  # noqa: BLE001  # it is told, and counts as bad
        done = Cell(*cell, met=False, differs=(traceback.format_exc(),), waste=0, seconds=0.0)
    if done.differs:
        _Worker.stage.strike()
        _set_anew()
    return done


@click.command()
@click.option("--seed", default=1, show_default=True, help="In which order, and which sample.")
@click.option("--sample", type=int, help="Only so many crashes; all unless given.")
@click.option("--only", default="", help="Only boundaries whose names hold this.")
@click.option("--workers", default=4, show_default=True, help="Clouds side by side.")
def main(seed: int, sample: int | None, only: str, workers: int) -> None:
    """Print the crash matrix."""
    begun = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="spillway-matrix-") as folder,
        ProcessPoolExecutor(workers, context, _set_up, (folder,)) as pool,
    ):
        listing = pool.submit(_listed).result()
        cells = [cell for cell in listing.cells() if only in cell[0]]
        random.Random(seed).shuffle(cells)  # noqa: S311  # it must repeat, not surprise
        click.echo(f"{len(listing.always)} boundaries in every run, {len(listing.sometimes)} more")
        runs = [pool.submit(_crashed, cell, listing) for cell in cells[:sample]]
        done: list[Cell] = []
        for run in as_completed(runs):
            done.append(run.result())
            _tell(done[-1], f"{len(done)}/{len(runs)}")
    _print_matrix(listing, done)
    good = sum(cell.good(listing) for cell in done)
    unmet = sum(not cell.met for cell in done)
    waste = sum(cell.waste for cell in done)
    click.echo(
        f"{good} of {len(done)} crashes as expected ({100 * good / len(done):.1f} %), "
        f"{unmet} never met, {waste} builds wasted, {time.monotonic() - begun:.0f} s, seed {seed}"
    )
    sys.exit(0 if good == len(done) else 1)


def _tell(cell: Cell, place: str) -> None:
    click.echo(f"{place:>8} {cell.when:>6} {cell.boundary}: {cell} ({cell.seconds:.1f} s)")
    for line in cell.differs:
        click.echo(f"           {line}")


def _print_matrix(listing: Listing, done: Sequence[Cell]) -> None:
    told = {(cell.boundary, cell.when): str(cell) for cell in done}
    click.echo(f"\n{'boundary':<{LONGEST_BOUNDARY}} {'before':<24} after")
    for boundary in (*listing.always, *listing.sometimes):
        before, after = (told.get((boundary, when), "") for when in (BEFORE, AFTER))
        if before or after:
            click.echo(f"{boundary[:LONGEST_BOUNDARY]:<{LONGEST_BOUNDARY}} {before:<24} {after}")


if __name__ == "__main__":
    main()
