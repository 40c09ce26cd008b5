"""The benchmark's command line: `python -m benchmarks.rollouts --help` explains it."""

from __future__ import annotations

import os
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

import click

from benchmarks.rollouts import curve, picture, report, validity
from benchmarks.rollouts.goals import Numbers
from benchmarks.rollouts.results import Results, kept
from benchmarks.rollouts.rules import NAMES, USUAL
from benchmarks.rollouts.run import TOGETHER, Plan, run
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.table import known, lines

FOLDER = Path(".state") / "rollouts"
HELP = """Play rollouts in a seeded world under Spillway's rule and its peers', and compare them.

Every scenario is one kind of release: `good-` ones ought to come to 100 %, `bad-` ones ought to
be rolled back. Metrics show three minutes late, and a rollout has six hours.

\b
The table, per scenario and rule:
  back %      rolled back, with its exact 99 % interval: false alarms where the release is good
  stuck %     neither at 100 % nor back after six hours
  harm        requests that went wrong because of the fault: median and 90th percentile
  /F1, /F0    that median against one who knows the rates: on the same ramp, and at 1 % share
  back at     minutes to the rollback, median; `100 % at`: minutes to 100 %
  (x)         a peer that is not valid at this rate: it rolls back too many good releases

\b
Examples:
  python -m benchmarks.rollouts --reps 20                     a first look, in two minutes
  python -m benchmarks.rollouts --scenario 'bad-2%*' --rule spillway --rule 'kay*'
  python -m benchmarks.rollouts --reps 300 --keep             goes on with an interrupted run
  python -m benchmarks.rollouts --keep --rule 'spillway-*'    other parameters, for the picture
  python -m benchmarks.rollouts --reps 2000 --scenario 'good-*' --rule spillway

\b
In the folder --out: results.json with every number, cost.svg with the picture of harm against
hours. The exit code is 0 when everything was played, whatever came out; --check judges.
"""


def _matching(names: tuple[str, ...], patterns: tuple[str, ...], what: str) -> tuple[str, ...]:
    lost = [one for one in patterns if not any(fnmatch(name, one) for name in names)]
    if lost:
        message = f"no {what} is called {', '.join(lost)}; there are: {', '.join(names)}"
        raise click.BadParameter(message)
    return tuple(n for n in names if not patterns or any(fnmatch(n, one) for one in patterns))


@click.command(help=HELP)
@click.option("--reps", default=300, show_default=True, help="Repetitions of each scenario.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same results.")
@click.option("--scenario", "scenarios", multiple=True, help="A name or pattern; again for more.")
@click.option("--rule", "rules", multiple=True, help="A name or pattern; again for more.")
@click.option("--out", default=FOLDER, show_default=True, type=click.Path(path_type=Path))
@click.option(
    "--keep", is_flag=True, help="Keep what an earlier, interrupted run has left in --out."
)
@click.option("--check", is_flag=True, help="Exit with 1 when a number is not reached.")
@click.option(
    "--decide", is_flag=True, help="Play the peers' good scenarios and store who is valid."
)
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
    """Play rollouts and compare the rules."""
    chosen = _matching(tuple(SCENARIOS), scenarios, "scenario")
    judged = _matching(NAMES, rules, "rule") if rules else USUAL
    results = kept(out, seed, reps) if keep else Results(seed=seed, reps=reps, cells=[])
    missing = tuple(name for name in chosen if not set(judged) <= set(results.of(name)))
    if decide:
        _decide(results, out, workers)
        return
    _play(Plan(judged, missing, reps, seed, workers), results, out)
    known_peers = validity.stored()
    goals = Numbers(results, known_peers).goals()
    (out / report.FILE).write_bytes(report.document(results, known_peers, goals))
    _draw(results, out)
    click.echo("\n".join(lines(results, known_peers)))
    click.echo("\n" + "\n".join(map(str, goals)))
    sys.exit(1 if check and any(goal.reached is False for goal in goals) else 0)


def _decide(results: Results, out: Path, workers: int) -> None:
    for scenario, peers in validity.undecided(results):
        _play(Plan(peers, (scenario,), results.reps, results.seed, workers), results, out)
    validity.save(validity.decide(results))
    click.echo("\n".join(known(validity.stored())))


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


def _draw(results: Results, out: Path) -> None:
    found = curve.points(results)
    if found:
        heading = f"What each rule costs ({results.reps} repetitions)"
        (out / picture.FILE).write_text(picture.draw(found, heading), encoding="utf-8")


if __name__ == "__main__":
    main()
