"""Every key of `gates`: what it may hold, with the line and what to write instead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.gates import Freeze, Gates, Window
from bot.core.manifest import Manifest, Problem, parse

FILE = """\
project: my-project
region: us-central1
images: gcr.io/my-project
services:
  web: {path: .}
  api: {path: api}
environments:
  staging: {service_suffix: -s, gates: {STAGING}}
  prod:
    PROD
    gates:
      GATE
"""


def read(
    gate: str, prod: str = "on_push: main", staging: str = ""
) -> Manifest | tuple[Problem, ...]:
    text = FILE.replace("GATE", gate).replace("PROD", prod).replace("{STAGING}", f"{{{staging}}}")
    return parse(text)


GOOD: list[tuple[str, Gates]] = [
    ("permission: maintain", Gates(permission="maintain")),
    ("teams: [acme/ops]", Gates(teams=("acme/ops",))),
    ("base: any", Gates(base="any")),
    ("drafts: allow", Gates(drafts="allow")),
    ("forks: approved", Gates(forks="approved")),
    ("default_branch_only: true", Gates(default_branch_only=True)),
    ("head_age: 30s", Gates(head_age=timedelta(seconds=30))),
    ("checks: required", Gates(checks="required")),
    ("checks: all", Gates(checks="all")),
    ("checks: [ci, lint / unit]", Gates(checks=("ci", "lint / unit"))),
    ("{checks: all, ignored_checks: [e2e]}", Gates(checks="all", ignored_checks=("e2e",))),
    (
        "{checks: all, when_green: wait, green_within: 1h}",
        Gates(checks="all", when_green="wait", green_within=timedelta(hours=1)),
    ),
    ("approvals: 2", Gates(approvals=2)),
    ("up_to_date: off", Gates()),
    ("up_to_date: require", Gates(up_to_date="require")),
    ("contains_live: false", Gates(contains_live=False)),
    ("after: staging", Gates(after="staging")),
    (
        "{two_person: true, approval_lasts: 30m}",
        Gates(two_person=True, approval_lasts=timedelta(minutes=30)),
    ),
    (
        'windows: [{days: mon-fri, hours: "09:00-17:00", zone: Asia/Seoul}]',
        Gates(windows=(Window(days="mon-fri", hours="09:00-17:00", zone="Asia/Seoul"),)),
    ),
    (
        "freezes: [{starts: 2026-12-20, ends: 2027-01-03, why: holidays}]",
        Gates(freezes=(Freeze(starts="2026-12-20", ends="2027-01-03", why="holidays"),)),
    ),
]


@pytest.mark.parametrize(("gate", "gates"), GOOD, ids=[gate for gate, _ in GOOD])
def test_a_gate_is_read(gate: str, gates: Gates) -> None:
    manifest = read(gate)
    assert isinstance(manifest, Manifest), manifest
    assert manifest.resolve("prod").gates == gates


BAD: list[tuple[str, str, str]] = [
    # what is written, the key below gates, part of the message
    ("permision: write", "permision", "did you mean `permission`?"),
    ("aprovals: 1", "aprovals", "did you mean `approvals`?"),
    ("review: required", "review", "is not a key here"),
    ("permission: writer", "permission", "did you mean `write`?"),
    ("teams: [ops]", "teams[0]", "organization/team"),
    ("teams: []", "teams", "is empty"),
    ("base: main", "base", "`any` or `default`"),
    ("drafts: deni", "drafts", "did you mean `deny`?"),
    ("forks: allow", "forks", "`approved` or `deny`"),
    ("default_branch_only: 1", "default_branch_only", "true or false"),
    ("head_age: 2d", "head_age", "0s to 1d"),
    ("head_age: soon", "head_age", "a duration"),
    ("checks: requird", "checks", "did you mean `required`?"),
    ("checks: []", "checks", "is empty"),
    ("checks: [deploy / prod]", "checks[0]", "wait for itself"),
    ('checks: ["a`b"]', "checks[0]", "no name of a check"),
    ("ignored_checks: [ci]", "ignored_checks", "set `checks` too"),
    ("when_green: wait", "when_green", "set `checks` too"),
    ("{checks: all, when_green: wiat}", "when_green", "did you mean `wait`?"),
    ("{checks: all, green_within: 0}", "green_within", "1s to 1d"),
    ("approvals: 11", "approvals", "0 to 10"),
    ("approvals: one", "approvals", "a whole number"),
    ("up_to_date: yes", "up_to_date", "`off` or `require` or `warn`"),
    ("contains_live: live", "contains_live", "true or false"),
    ("after: stagin", "after", "did you mean `staging`?"),
    ("after: prod", "after", "in a circle"),
    ("two_person: 2", "two_person", "true or false"),
    ("approval_lasts: 8d", "approval_lasts", "1m to 7d"),
    ("windows: [{days: weekdays}]", "windows[0].days", "such as mon-fri"),
    ("windows: [{hours: 9-17}]", "windows[0].hours", "such as 09:00-17:00"),
    ('windows: [{hours: "09:00-25:00"}]', "windows[0].hours", "such as 09:00-17:00"),
    ('windows: [{hours: "09:00-09:00"}]', "windows[0].hours", "such as 09:00-17:00"),
    ("windows: [{zone: Asia/Soul}]", "windows[0].zone", "did you mean `Asia/Seoul`?"),
    ("windows: [{hors: 1}]", "windows[0].hors", "did you mean `hours`?"),
    ("freezes: [{starts: 2026-12-20}]", "freezes[0].ends", "is missing"),
    ("freezes: [{starts: x, ends: 2027-01-03}]", "freezes[0].starts", "such as 2026-12-20"),
    ("freezes: [{starts: 2027-01-03, ends: 2026-12-20}]", "freezes[0].ends", "before it starts"),
    (
        "freezes: [{starts: 2026-12-20, ends: 2026-12-21, why: '@all'}]",
        "freezes[0].why",
        "without Markdown",
    ),
    ("{default_branch_only: true, forks: approved}", "forks", "remove one of the two"),
]


@pytest.mark.parametrize(("gate", "key", "said"), BAD, ids=[case[0] for case in BAD])
def test_a_bad_gate_is_told(gate: str, key: str, said: str) -> None:
    found = read(gate)
    assert isinstance(found, tuple)
    told = [(problem.key, problem.line) for problem in found if said in problem.message]
    assert (f"environments.prod.gates.{key}", 12) in told


def test_after_needs_the_same_images_and_services() -> None:
    images = read("after: staging", prod="images: gcr.io/other")
    lacking = read("after: staging", staging="}, services: {api: null")
    assert isinstance(images, tuple)
    assert isinstance(lacking, tuple)
    assert "`images` is the same" in images[0].message
    assert "staging has no service `api`" in lacking[0].message


@pytest.mark.parametrize(
    ("gate", "staging", "said"),
    [
        ("default_branch_only: true", "", "default_branch_only is set"),
        ("after: staging", "default_branch_only: true", "before it is merged"),
        ("after: staging", "", ""),
    ],
)
def test_a_required_check_must_be_possible_before_the_merge(
    gate: str, staging: str, said: str
) -> None:
    found = read(gate, prod="required: true", staging=staging)
    if said:
        assert isinstance(found, tuple)
        (problem,) = found
        assert (problem.key, problem.line) == ("environments.prod.required", 10)
        assert said in problem.message
    else:
        assert isinstance(found, Manifest)
        assert found.required == ("prod",)


def test_a_pull_request_cannot_drop_a_gate() -> None:
    trusted, proposed = read("{approvals: 2, forks: deny}"), read("permission: read")
    assert isinstance(trusted, Manifest)
    assert isinstance(proposed, Manifest)
    plan = trusted.resolve("prod", proposed)
    assert plan.gates == Gates(approvals=2)
    assert set(plan.notes) == {
        "gates.approvals: takes effect after merge",
        "gates.permission: takes effect after merge",
    }
