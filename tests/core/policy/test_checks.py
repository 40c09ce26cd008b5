"""The gate `checks`, one row per state of the checks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core.github import CheckSeen, CheckState, RequiredCheck
from bot.core.policy import Checks, judge
from tests.core.policy.facts import NOW, facts

PASSED, RUNNING, FAILED = CheckState.PASSED, CheckState.RUNNING, CheckState.FAILED


def seen(name: str, state: CheckState = PASSED, app: int = 5) -> CheckSeen:
    return CheckSeen(name=name, state=state, app=app)


CI = RequiredCheck("ci")
CI_OF_5 = RequiredCheck("ci", 5)
OWN = ("deploy / qa",)

CASES: list[tuple[str, Any, list[CheckSeen], list[RequiredCheck], str]] = [
    # what it is, the gate, what is seen, what is required, part of the refusal
    ("no gate", None, [seen("ci", FAILED)], [CI], ""),
    ("all green", "all", [seen("ci"), seen("lint")], [], ""),
    ("all, one red", "all", [seen("ci"), seen("lint", FAILED)], [], "`lint` failed"),
    ("all, one running", "all", [seen("ci", RUNNING)], [], "`ci` has not passed yet"),
    ("all, none", "all", [], [], "no check has reported on `aaaaaaa` yet"),
    ("all, one named like ours is red", "all", [seen("deploy / qa", FAILED)], [], "qa` failed"),
    ("all, ignored is red", "all", [seen("ci"), seen("flaky", FAILED)], [], ""),
    ("two suites, one red", "all", [seen("ci"), seen("ci", FAILED)], [], "`ci` failed"),
    ("required green", "required", [seen("ci"), seen("lint", FAILED)], [CI], ""),
    ("required red", "required", [seen("ci", FAILED)], [CI], "`ci` failed"),
    ("required, never reported", "required", [seen("lint")], [CI], "`ci` has not passed yet"),
    ("nothing required", "required", [seen("lint", FAILED)], [], ""),
    ("required of one App", "required", [seen("ci", app=5)], [CI_OF_5], ""),
    ("… made by another", "required", [seen("ci", app=6)], [CI_OF_5], "`ci` has not passed yet"),
    ("… as a commit status", "required", [seen("ci", app=0)], [CI_OF_5], "`ci` has not passed"),
    ("ours is required", "required", [], [RequiredCheck("deploy / qa")], ""),
    ("ours is required of another", "required", [], [RequiredCheck("deploy / qa", 5)], "has not"),
    ("… and made", "required", [seen("deploy / qa")], [RequiredCheck("deploy / qa")], ""),
    ("… red", "required", [seen("deploy / qa", FAILED)], [RequiredCheck("deploy / qa")], "failed"),
    ("deploy is required", "required", [], [RequiredCheck("deploy")], "`deploy` has not passed"),
    ("ignored is required", "required", [], [RequiredCheck("flaky")], ""),
    ("named green", ("ci",), [seen("ci"), seen("lint", FAILED)], [], ""),
    ("named missing", ("ci", "e2e"), [seen("ci")], [], "`e2e` has not passed yet"),
    (
        "named, status and run differ",
        ("ci",),
        [seen("ci"), seen("ci", FAILED, 0)],
        [],
        "`ci` failed",
    ),
    ("a hostile name", "all", [seen("`@all`<b>", FAILED)], [], "`·@all··b·` failed"),
]


@pytest.mark.parametrize(
    ("gate", "known", "required", "said"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_checks(
    gate: Any,  # noqa: ANN401  # what deploy.yaml may hold
    known: list[CheckSeen],
    required: list[RequiredCheck],
    said: str,
) -> None:
    checks = Checks(seen=tuple(known), required=tuple(required))
    gates = {"checks": gate, "ignored_checks": ("flaky",)}
    refusals = judge(facts(gates, checks=checks, own_checks=OWN)).refusals
    assert [one.code.value for one in refusals] == (["checks_not_green"] if said else [])
    assert said in "".join(one.reason for one in refusals)


def test_checks_that_cannot_be_read_refuse() -> None:
    assert judge(facts({"checks": "all"})).refusals


@pytest.mark.parametrize(
    ("when_green", "state", "pushed", "age", "waits"),
    [
        ("wait", RUNNING, False, 1, True),
        ("wait", FAILED, False, 1, False),
        ("wait", RUNNING, False, 31, False),
        ("refuse", RUNNING, False, 1, False),
        ("refuse", RUNNING, True, 1, True),
        ("refuse", FAILED, True, 1, True),
        ("refuse", RUNNING, True, 31, False),
    ],
)
def test_who_waits_for_checks(
    when_green: str,
    state: CheckState,
    pushed: bool,  # noqa: FBT001  # a column of the table
    age: int,
    waits: bool,  # noqa: FBT001  # as above
) -> None:
    asked = NOW - timedelta(minutes=age)
    judgement = judge(
        facts(
            {"checks": "all", "when_green": when_green},
            checks=Checks(seen=(seen("ci", state),)),
            pushed=pushed,
            asked_at=asked,
        )
    )
    assert bool(judgement.awaited) == waits
    assert "checks_not_green" in [one.code.value for one in judgement.refusals] or waits
    assert all(one.until == asked + timedelta(minutes=30) for one in judgement.awaited)
