"""The benchmark's command line: `python -m benchmarks.rollouts --help` explains it."""

from __future__ import annotations

import os
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

import click

from benchmarks.rollouts import validity
from benchmarks.rollouts.goals import Numbers
from benchmarks.rollouts.results import Results, kept
from benchmarks.rollouts.rules import NAMES
from benchmarks.rollouts.run import TOGETHER, Plan, run
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.table import lines

FOLDER = Path(".state") / "rollouts"


def _matching(names: tuple[str, ...], patterns: tuple[str, ...], what: str) -> tuple[str, ...]:
    lost = [one for one in patterns if not any(fnmatch(name, one) for name in names)]
    if lost:
        message = f"no {what} is called {', '.join(lost)}; there are: {', '.join(names)}"
        raise click.BadParameter(message)
    return tuple(n for n in names if not patterns or any(fnmatch(n, one) for one in patterns))


@click.command()
@click.option("--reps", default=300, show_default=True, help="Repetitions of each scenario.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same results.")
@click.option("--scenario", "scenarios", multiple=True, help="A name or pattern; again for more.")
@click.option("--rule", "rules", multiple=True, help="A name or pattern; again for more.")
@click.option("--out", default=FOLDER, show_default=True, type=click.Path(path_type=Path))
@click.option(
    "--keep", is_flag=True, help="Keep what an earlier, interrupted run has left in --out."
)
@click.option("--check", is_flag=True, help="Exit with 1 when a number is not reached.")
@click.option("--decide", is_flag=True, help="Store which peers are valid, from the results.")
@click.option("--workers", default=os.cpu_count() or 1, show_default="the cores")
def main(  # noqa: PLR0913  # one parameter per option
    *,
    reps: int,
    seed: int,
    scenarios: tuple[str, ...],
    rules: tuple[str, ...],
    out: Path,
    keep: bool,
    check: bool,
    decide: bool,
    workers: int,
) -> None:
    """Play rollouts."""
    chosen = _matching(tuple(SCENARIOS), scenarios, "scenario")
    judged = _matching(NAMES, rules, "rule")
    results = kept(out, seed, reps) if keep else Results(seed=seed, reps=reps, cells=[])
    missing = tuple(name for name in chosen if not set(judged) <= set(results.of(name)))
    _play(Plan(judged, missing, reps, seed, workers), results, out)
    if decide:
        validity.save(validity.decide(results))
    click.echo("\n".join(lines(results, validity.stored())))
    goals = Numbers(results, validity.stored()).goals()
    click.echo("\n" + "\n".join(map(str, goals)))
    sys.exit(1 if check and any(goal.reached is False for goal in goals) else 0)


def _play(plan: Plan, results: Results, out: Path) -> None:
    begun = time.monotonic()
    tasks = len(plan.scenarios) * -(-plan.reps // TOGETHER)
    count = 0

    def done(scenario: str) -> None:
        nonlocal count
        count += 1
        spent = time.monotonic() - begun
        left = spent / count * (tasks - count)
        click.echo(f"{count}/{tasks} {scenario}: {spent:.0f} s, {left:.0f} s to go", err=True)

    for cells in run(plan, done):
        results.add(cells)
        results.save(out)


if __name__ == "__main__":
    main()
