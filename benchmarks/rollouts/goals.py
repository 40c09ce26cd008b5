"""What Spillway promises about its rollouts, each with the figure that keeps or breaks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from benchmarks.rollouts.floors import RAMPS
from benchmarks.rollouts.rules import ORACLE, PEERS, SPILLWAY
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.validity import MOST_FALSE, too_often

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.rollouts.cell import Cell
    from benchmarks.rollouts.results import Results
    from benchmarks.rollouts.scenario import Scenario
    from benchmarks.rollouts.validity import Validity


Fit = Callable[[str, float], bool]
"""Whether a peer is a measure at a rate."""


class Goal(Struct, frozen=True):
    """One promise."""

    promise: str
    reached: bool | None
    """None: what it speaks of was not played."""
    figure: str

    def __str__(self) -> str:
        word = {True: "reached", False: "NOT REACHED", None: "not played"}[self.reached]
        return f"{word:<12} {self.promise}: {self.figure}"


class Numbers:
    """Spillway's results beside those of others."""

    def __init__(self, results: Results, validity: Validity) -> None:
        """Look at what was played."""
        self._results = results
        self._validity = validity
        found = {name: results.find(SPILLWAY, name) for name in SCENARIOS}
        self._own = {name: one for name, one in found.items() if one is not None}

    def goals(self) -> list[Goal]:
        """Return every promise, in the order in which they were made."""
        return [
            self._valid(),
            self._shown(),
            self._hidden(),
            self._caught_with_peers(),
            self._caught("0.1→0.5 % and 2→4 % at 10 rps: caught ≥ 90 %", SMALL, 0.90),
            self._caught("0.1→2 % at ≥ 1 rps: caught ≥ 99 %", LARGE, 0.99),
            self._harm_of_peers("valid", self._validity.valid),
            self._harm_of_peers("nearly valid", self._validity.nearly),
            self._within(6.0, 1.0),
            self._within(3.0, 0.5),
            self._at_once(),
            self._soon("everywhere", 40, lambda _: True),
            self._soon("at 10 rps", 33, lambda one: one.rps == 10),  # noqa: PLR2004  # the rate
            self._soon("at ≥ 100 rps", 20, lambda one: one.rps >= 100),  # noqa: PLR2004
        ]

    def _good(self) -> list[Cell]:
        return [one for name, one in self._own.items() if not SCENARIOS[name].bad]

    def _bad(self) -> list[Cell]:
        return [one for name, one in self._own.items() if SCENARIOS[name].bad]

    def _valid(self) -> Goal:
        failing = [one for one in self._good() if too_often(one)]
        figure = _worst(self._good()) + (f"; fails {_names(failing)}" if failing else "")
        return _goal("valid in every good scenario", self._good(), not failing, figure)

    def _shown(self) -> Goal:
        cells = [one for one in self._good() if not SCENARIOS[one.scenario].hidden]
        worst = max((one.share for one in cells), default=0.0)
        promise = "false rollbacks ≤ 0.3 % where the history shows the noise"
        return _goal(promise, cells, worst <= 0.003, _worst(cells))  # noqa: PLR2004

    def _hidden(self) -> Goal:
        cells = [one for one in self._good() if SCENARIOS[one.scenario].hidden]
        worst = max((one.share for one in cells), default=0.0)
        promise = "false rollbacks ≤ 1 % under noise that the history hides"
        return _goal(promise, cells, worst <= MOST_FALSE, _worst(cells))

    def _caught_with_peers(self) -> Goal:
        asked = [one for one in self._bad() if self._peers_catch(one.scenario)]
        failing = [one for one in asked if one.share < 0.95]  # noqa: PLR2004  # the promise
        promise = "caught ≥ 95 % wherever a valid peer catches ≥ 50 %"
        return _goal(promise, asked, not failing, _least(asked) + f"; of {len(asked)}")

    def _peers_catch(self, scenario: str) -> bool:
        return any(one.share >= 0.5 for one in self._valid_peers(scenario))  # noqa: PLR2004

    def _valid_peers(self, scenario: str) -> list[Cell]:
        return self._peers(scenario, self._validity.valid)

    def _peers(self, scenario: str, fit: Fit) -> list[Cell]:
        rps = SCENARIOS[scenario].rps
        return [
            one
            for one in self._results.of(scenario).values()
            if one.rule in PEERS and fit(one.rule, rps)
        ]

    def _caught(self, promise: str, names: Iterable[str], least: float) -> Goal:
        cells = [self._own[name] for name in names if name in self._own]
        return _goal(promise, cells, all(one.share >= least for one in cells), _least(cells))

    def _harm_of_peers(self, which: str, fit: Fit) -> Goal:
        """Compare the median harm with the best peer's, scenario by scenario."""
        harms = {
            one: [peer.harm.median for peer in self._peers(one.scenario, fit)]
            for one in self._bad()
        }
        asked = [(one, min(least)) for one, least in harms.items() if least]
        more = [(one, least) for one, least in asked if one.harm.median > least]
        told = (f"{one.scenario} {one.harm.median:.1f} against {least:.1f}" for one, least in more)
        figure = f"in {len(asked) - len(more)} of {len(asked)} scenarios"
        figure += f"; not in {', '.join(told)}" if more else ""
        return _goal(f"median harm ≤ the best {which} peer's", asked, not more, figure)

    def _within(self, times: float, part: float) -> Goal:
        ratios = sorted(self._ratios(), key=lambda found: found[0])
        inside = sum(ratio <= times for ratio, _ in ratios)
        wanted = "all" if part == 1 else "half"
        figure = f"{inside} of {len(ratios)} scenarios"
        if ratios:
            figure += f", most {ratios[-1][0]:.1f} x in {ratios[-1][1].scenario}"
        promise = f"median harm ≤ {times:g} x F1 in {wanted} bad scenarios"
        return _goal(promise, ratios, inside >= part * len(ratios), figure)

    def _ratios(self) -> list[tuple[float, Cell]]:
        found = []
        for one in self._bad():
            oracle = self._results.find(ORACLE, one.scenario)
            if oracle and oracle.harm.median:
                found.append((one.harm.median / oracle.harm.median, one))
        return found

    def _at_once(self) -> Goal:
        """Hold first steps with 20 requests a window to ending such failures at first sight."""
        cells = [one for one in self._bad() if _glaring(SCENARIOS[one.scenario])]
        figure = ", ".join(f"{one.scenario} {100 * one.at_once:.1f} %" for one in cells)
        reached = all(one.at_once >= 0.95 for one in cells)  # noqa: PLR2004  # but for rare chance
        return _goal("50 % failures end within one window of being visible", cells, reached, figure)

    def _soon(self, where: str, minutes: int, asked: Callable[[Scenario], bool]) -> Goal:
        cells = [one for one in self._good() if one.full and asked(SCENARIOS[one.scenario])]
        late = [one for one in cells if one.full and one.full.median > minutes + _dark(one)]
        slowest = max(cells, key=lambda one: one.full.median if one.full else 0, default=None)
        figure = ""
        if slowest and slowest.full:
            spread = slowest.full
            figure = f"slowest {slowest.scenario}, median {spread.median:g}, p99 {spread.p99:g}"
        figure += f"; late: {_names(late)}" if late else ""
        return _goal(
            f"good releases at 100 % within {minutes} min {where}", cells, not late, figure
        )


SMALL = ("bad-0.1%-to-0.5%-10rps", "bad-2%-to-4%-10rps")
LARGE = tuple(f"bad-0.1%-to-2%-{rps}rps" for rps in (1, 10, 100))


def _glaring(scenario: Scenario) -> bool:
    """Tell whether half of the requests fail and the first step brings 20 of them a window."""
    first = next(steps[0][0] for rps, steps in RAMPS if scenario.rps >= rps)
    named = "to-50%" in scenario.name or "to-100%" in scenario.name
    return named and 0.6 * scenario.rps * first >= 20  # noqa: PLR2004  # the promise


def _dark(one: Cell) -> int:
    outage = SCENARIOS[one.scenario].metrics_outage
    return outage.minutes if outage else 0


def _goal(promise: str, cells: Iterable[object], reached: bool, figure: str) -> Goal:  # noqa: FBT001  # the answer
    played = bool(list(cells))
    return Goal(promise, reached if played else None, figure if played else "no such scenario")


def _worst(cells: list[Cell]) -> str:
    one = max(cells, key=lambda cell: cell.share, default=None)
    return f"worst {_told(one)}" if one else ""


def _least(cells: list[Cell]) -> str:
    one = min(cells, key=lambda cell: cell.share, default=None)
    return f"least {_told(one)}" if one else ""


def _told(one: Cell) -> str:
    low, high = one.bounds
    within = f"99 % interval {100 * low:.2f}-{100 * high:.2f}"
    return f"{100 * one.share:.2f} % in {one.scenario} ({one.rolled_back} of {one.reps}, {within})"


def _names(cells: list[Cell]) -> str:
    return ", ".join(one.scenario for one in cells)
