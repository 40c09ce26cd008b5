"""The command plays, keeps, compares, draws and says what came out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from benchmarks.rollouts.__main__ import main
from benchmarks.rollouts.scenarios import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path

FEW = ("--reps", "3", "--workers", "1")
SOME = ("--scenario", "bad-0.1%-to-50%-10rps", "--scenario", "good-0.1%-10rps")
PEERS = ("--rule", "kayenta", "--rule", "oracle")


def run(out: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*FEW, *words, "--out", str(out)])


def test_it_prints_each_scenario_with_its_rules(tmp_path: Path) -> None:
    answer = run(tmp_path, *SOME, *PEERS)

    assert answer.exit_code == 0, answer.output
    assert "bad-0.1%-to-50%-10rps  (3 repetitions)" in answer.stdout
    row = next(line for line in answer.stdout.splitlines() if line.startswith("  oracle"))
    assert row.split()[:2] == ["oracle", "0.0"]
    assert "2/2" in answer.stderr


def test_it_writes_every_number_and_the_picture(tmp_path: Path) -> None:
    run(tmp_path, *SOME, *PEERS)

    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    scenarios = {one["name"]: one for one in results["scenarios"]}
    assert set(scenarios) == {SOME[1], SOME[3]}
    oracle = next(one for one in scenarios[SOME[1]]["rules"] if one["rule"] == "oracle")
    assert (oracle["rolled_back"], oracle["interval"][1], oracle["times_f1"]) == (3, 1.0, 1.0)
    assert {one["reached"] for one in results["goals"]} == {None}
    picture = ET.parse(tmp_path / "cost.svg").getroot()  # noqa: S314  # our own file
    names = [one.text or "" for one in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert any(name.startswith("kayenta (") for name in names)
    assert any(name.startswith("oracle (") for name in names)


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    run(tmp_path, *SOME[:2], *PEERS)
    answer = run(tmp_path, *SOME, *PEERS, "--keep")

    assert "1/1 good-0.1%-10rps" in answer.stderr
    assert answer.stdout.count("(3 repetitions)") == 2


def test_another_seed_keeps_nothing(tmp_path: Path) -> None:
    run(tmp_path, *SOME[:2], *PEERS)

    assert "2/2" in run(tmp_path, *SOME, *PEERS, "--keep", "--seed", "9").stderr


def test_the_results_do_not_hang_on_how_many_work(tmp_path: Path) -> None:
    run(tmp_path / "one", "--reps", "30", *SOME[:2], *PEERS)
    run(tmp_path / "two", "--reps", "30", *SOME[:2], *PEERS, "--workers", "2")

    one, two = (tmp_path / name / "results.json" for name in ("one", "two"))
    assert one.read_text(encoding="utf-8") == two.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--scenario", "--rule"])
def test_who_mistypes_a_name_is_told_all_of_them(tmp_path: Path, option: str) -> None:
    answer = run(tmp_path, option, "goood")

    assert answer.exit_code == 2
    assert "goood" in answer.stderr
    assert ("oracle" if option == "--rule" else next(iter(SCENARIOS))) in answer.stderr


def test_help_teaches_how_to_read_the_table() -> None:
    text = CliRunner().invoke(main, ["--help"]).stdout

    assert all(word in text for word in ("back %", "harm", "/F1", "--check", "Examples:"))
