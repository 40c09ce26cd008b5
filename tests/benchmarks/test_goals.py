"""A promise is reached only if its figure says so."""

from __future__ import annotations

from benchmarks.rollouts.cell import Cell, Spread
from benchmarks.rollouts.goals import Goal, Numbers
from benchmarks.rollouts.results import Results
from benchmarks.rollouts.rules import ORACLE, PEERS, SPILLWAY
from benchmarks.rollouts.scenarios import SCENARIOS
from benchmarks.rollouts.validity import Failing, Validity, decide, stored

REPS = 2000
NOWHERE = {f"{rps:g}": [Failing("x", 1, 1)] for rps in (0.1, 1, 10, 100, 1000)}
FAILING = {peer: {} if peer == "kayenta" else NOWHERE for peer in PEERS}
VALID = Validity(command="by hand", seed=1, reps=REPS, failing=FAILING)


def one_cell(rule: str, scenario: str, back: int, harm: float, full: float = 20) -> Cell:
    return Cell(
        rule=rule,
        scenario=scenario,
        reps=REPS,
        rolled_back=back,
        stuck=0,
        returned=0,
        harm=Spread(harm, harm, harm),
        back=Spread(4, 4, 4),
        full=Spread(full, full, full) if back < REPS else None,
        at_once=back / REPS,
    )


def perfect() -> Results:
    """Spillway as good as the oracle, kayenta a little worse."""
    cells = []
    for name, scenario in SCENARIOS.items():
        back = REPS if scenario.bad else 0
        harm = 10.0 if scenario.bad else 0.0
        cells += [one_cell(rule, name, back, harm) for rule in (SPILLWAY, ORACLE)]
        cells.append(one_cell("kayenta", name, back, harm + 1))
    return Results(seed=1, reps=REPS, cells=cells)


def goals(*changed: Cell) -> list[Goal]:
    results = perfect()
    for one in changed:
        results.add([one])
    return Numbers(results, VALID).goals()


def broken(*changed: Cell) -> list[str]:
    return [one.promise for one in goals(*changed) if one.reached is False]


def test_a_perfect_rule_reaches_everything() -> None:
    assert {one.reached for one in goals()} == {True}


def test_false_alarms_break_the_promise_that_they_belong_to() -> None:
    shown = one_cell(SPILLWAY, "good-noise-1-2%-10rps", 8, 0)
    hidden = one_cell(SPILLWAY, "good-hidden-noise-1-2%-10rps", 25, 0)
    often = one_cell(SPILLWAY, "good-0.1%-10rps", 60, 0)

    assert broken(shown) == ["false rollbacks ≤ 0.3 % where the history shows the noise"]
    assert broken(hidden) == ["false rollbacks ≤ 1 % under noise that the history hides"]
    assert "valid in every good scenario" in broken(often)


def test_missed_releases_break_what_was_promised_about_catching() -> None:
    missed = one_cell(SPILLWAY, "bad-2%-to-4%-10rps", 1700, 10)

    assert broken(missed) == [
        "caught ≥ 95 % wherever a valid peer catches ≥ 50 %",
        "0.1→0.5 % and 2→4 % at 10 rps: caught ≥ 90 %",
    ]


def test_harm_is_held_against_the_best_valid_peer_and_the_oracle() -> None:
    much = one_cell(SPILLWAY, "bad-slow-0.3%-to-3%-10rps", REPS, 61)

    assert broken(much) == [
        "median harm ≤ the best valid peer's",
        "median harm ≤ the best nearly valid peer's",
        "median harm ≤ 6 x F1 in all bad scenarios",
    ]


def test_a_peer_that_is_not_valid_is_no_measure() -> None:
    better = one_cell("flagger", "bad-2%-to-4%-10rps", REPS, 1)

    assert not broken(better)


def test_a_peer_that_fails_in_rare_circumstances_only_is_asked_apart() -> None:
    rare = {"10": [Failing("good-spells-1-2%-10rps", 100, REPS)]}
    often = {"10": [*rare["10"], Failing("good-cold-start-5%-10rps", 100, REPS)]}
    found = [
        Validity(command="", seed=1, reps=REPS, failing={"kayenta": one}) for one in (rare, often)
    ]

    assert [one.valid("kayenta", 10) for one in found] == [False, False]
    assert [one.nearly("kayenta", 10) for one in found] == [True, False]


def test_a_slow_rollout_is_late_but_for_the_time_without_metrics() -> None:
    dark = one_cell(SPILLWAY, "good-metrics-outage-15min-100rps", 0, 0, full=35)
    late = one_cell(SPILLWAY, "good-0.1%-100rps", 0, 0, full=21)

    assert not broken(dark)
    assert broken(late) == ["good releases at 100 % within 20 min at ≥ 100 rps"]


def test_what_was_not_played_is_neither_reached_nor_missed() -> None:
    nothing = Numbers(Results(seed=1, reps=1, cells=[]), VALID).goals()

    assert {one.reached for one in nothing} == {None}


def test_a_peer_is_not_valid_where_it_rolls_back_more_than_one_in_a_hundred_beyond_doubt() -> None:
    cells = [
        one_cell("kayenta", "good-0.1%-10rps", 40, 0),
        one_cell("kayenta", "good-0.1%-100rps", 21, 0),
        one_cell("kayenta", "bad-0.1%-to-2%-1rps", REPS, 1),
    ]
    found = decide(Results(seed=1, reps=REPS, cells=cells))

    assert [found.valid("kayenta", rps) for rps in (1, 10, 100)] == [True, False, True]


def test_what_is_stored_was_decided_once_with_enough_repetitions() -> None:
    found = stored()

    assert found.reps == REPS
    assert set(found.failing) == set(PEERS)
    assert found.command == "python -m benchmarks.rollouts --decide --reps 2000 --seed 1"
