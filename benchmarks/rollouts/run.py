"""Play all repetitions of rules and scenarios, on as many processes as there are cores.

A task is one scenario and a few repetitions, for every rule: so that the day before, which all
rules share, is drawn once. Results depend on the seed alone, never on how the work was split.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.rollouts.cell import cell
from benchmarks.rollouts.play import play
from benchmarks.rollouts.rules import SPILLWAY, maker
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.world import day_before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.rollouts.cell import Cell
    from benchmarks.rollouts.play import Played

TOGETHER = 25
"""Repetitions in one task."""


@dataclass(frozen=True)
class Plan:
    """What is played."""

    rules: tuple[str, ...]
    scenarios: tuple[str, ...]
    reps: int
    seed: int
    workers: int


class _Task(NamedTuple):
    rules: tuple[str, ...]
    scenario: str
    seed: int
    repetitions: range


def run(plan: Plan, done: Callable[[str], None]) -> Iterator[list[Cell]]:
    """Yield the cells of one scenario after the other; `done` hears of each task's scenario."""
    tasks = list(_tasks(plan))
    missing = {name: sum(one.scenario == name for one in tasks) for name in plan.scenarios}
    plays: dict[str, list[tuple[int, dict[str, list[Played]]]]] = defaultdict(list)
    for task, played in _spread(tasks, plan.workers):
        plays[task.scenario].append((task.repetitions.start, played))
        missing[task.scenario] -= 1
        done(task.scenario)
        if not missing[task.scenario]:
            yield _cells(plan.rules, task.scenario, plays.pop(task.scenario))


def _tasks(plan: Plan) -> Iterator[_Task]:
    for scenario in plan.scenarios:
        for start in range(0, plan.reps, TOGETHER):
            repetitions = range(start, min(start + TOGETHER, plan.reps))
            yield _Task(plan.rules, scenario, plan.seed, repetitions)


def _spread(
    tasks: Sequence[_Task], workers: int
) -> Iterator[tuple[_Task, dict[str, list[Played]]]]:
    if workers == 1:
        yield from map(_played, tasks)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_played, tasks)


def _played(task: _Task) -> tuple[_Task, dict[str, list[Played]]]:
    scenario = SCENARIOS[task.scenario]
    plays: dict[str, list[Played]] = {rule: [] for rule in task.rules}
    makers = {rule: maker(rule, scenario) for rule in task.rules}
    for repetition in task.repetitions:
        known = any(rule.startswith(SPILLWAY) for rule in task.rules)
        history = day_before(scenario, task.seed, repetition) if known else ()
        for rule, make in makers.items():
            plays[rule].append(play(make(history), scenario, task.seed, repetition))
    return task, plays


def _cells(
    rules: Sequence[str], scenario: str, parts: list[tuple[int, dict[str, list[Played]]]]
) -> list[Cell]:
    in_order = [played for _, played in sorted(parts, key=lambda part: part[0])]
    return [
        cell(rule, scenario, [one for played in in_order for one in played[rule]]) for rule in rules
    ]
