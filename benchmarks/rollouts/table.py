"""The results for people: one block per scenario, one line per rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.rollouts.floors import wald
from benchmarks.rollouts.rules import NAMES, ORACLE, PEERS
from benchmarks.rollouts.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.rollouts.cell import Cell
    from benchmarks.rollouts.results import Results
    from benchmarks.rollouts.scenario import Scenario
    from benchmarks.rollouts.validity import Validity

HEAD = (
    f"{'':<28}{'back %':>7} {'99 % interval':>14}{'stuck %':>8}"
    f"{'harm p50':>11}{'p90':>10}{'/F1':>7}{'/F0':>7}{'back at':>9}{'100 % at':>10}"
)


def lines(results: Results, validity: Validity) -> Iterator[str]:
    """Yield the table, line by line."""
    yield from known(validity)
    for name, scenario in SCENARIOS.items():
        cells = results.of(name)
        if cells:
            yield ""
            yield f"{name}  ({results.reps} repetitions)"
            yield HEAD
            for rule in (one for one in NAMES if one in cells):
                yield _line(cells[rule], cells.get(ORACLE), scenario, validity)


def known(validity: Validity) -> Iterator[str]:
    """Yield who is valid where, and what spoke against the others."""
    yield f"Valid peers (false rollbacks ≤ 1 % in every good scenario; {validity.command}):"
    for peer, rates in validity.failing.items():
        good = [rps for rps, failing in rates.items() if not failing]
        yield f"  {peer:<24}{'at ' + ', '.join(good) + ' rps' if good else 'nowhere'}"
        for rps, failing in rates.items():
            worst = max(failing, key=lambda one: one.rolled_back / one.reps, default=None)
            if worst:
                share = 100 * worst.rolled_back / worst.reps
                more = f", and {len(failing) - 1} more" if len(failing) > 1 else ""
                yield f"    not at {rps:>4} rps: {share:.1f} % of {worst.scenario}{more}"


def _line(one: Cell, oracle: Cell | None, scenario: Scenario, validity: Validity) -> str:
    low, high = one.bounds
    mark = "" if one.rule not in PEERS or validity.valid(one.rule, scenario.rps) else " (x)"
    return (
        f"  {one.rule + mark:<26}{100 * one.share:7.1f}"
        f" {f'{100 * low:.1f}-{100 * high:.1f}':>14}{100 * one.stuck / one.reps:8.1f}"
        f"{_harm(one, oracle, scenario)}{_at(one)}"
    )


def _harm(one: Cell, oracle: Cell | None, scenario: Scenario) -> str:
    if not scenario.bad:
        return f"{'-':>11}{'-':>10}{'-':>7}{'-':>7}"
    return (
        f"{one.harm.median:11.1f}{one.harm.p90:10.1f}"
        f"{_times(one.harm.median, oracle.harm.median if oracle else None):>7}"
        f"{_times(one.harm.median, wald(scenario)):>7}"
    )


def _times(harm: float, floor: float | None) -> str:
    return f"{harm / floor:.1f}" if floor else "-"


def _at(one: Cell) -> str:
    back = f"{one.back.median:g}" if one.back else "-"
    full = f"{one.full.median:g}" if one.full else "-"
    return f"{back:>9}{full:>10}"
