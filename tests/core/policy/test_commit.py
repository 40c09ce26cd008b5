"""Gates that look at the commit, one row per case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bot.core.policy import Before, Live, Target, judge
from tests.core.policy.facts import MAIN, NAMED, NOW, OLDER, ON_MAIN, SHA, TARGET, facts, judged

FORK = {"head_repository": 2}
MERGED = {"state": "closed", "merged": True}
LOST = Live(sha=OLDER, number=12, contained=False)
KEPT = Live(sha=OLDER, number=12, contained=True)
OF_MAIN = Live(sha=OLDER, number=None, contained=False)
YOUNG = replace(TARGET, first_seen=NOW - timedelta(seconds=30))

CLOSED_UNCHECKED = ["pull_request_closed", "checks_not_green"]

CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = [
    # what it is, gates, pull request, other facts, what refuses
    ("nothing special", {}, {}, {}, []),
    ("closed", {}, {"state": "closed"}, {}, ["pull_request_closed"]),
    ("merged", {}, MERGED, {}, ["pull_request_merged"]),
    (
        "merged, whatever else",
        {"checks": "all", "approvals": 1},
        MERGED,
        {},
        ["pull_request_merged"],
    ),
    ("a fork, unchecked", {"checks": "all"}, FORK, {}, ["fork_denied"]),
    ("closed, and checks", {"checks": "all"}, {"state": "closed"}, {}, CLOSED_UNCHECKED),
    ("merged, main named", {}, MERGED, {"target": ON_MAIN}, []),
    ("a draft", {}, {"draft": True}, {}, ["draft"]),
    ("a draft where drafts may", {"drafts": "allow"}, {"draft": True}, {}, []),
    ("another base", {}, {"base_ref": "old"}, {}, ["base_not_default"]),
    ("another base, default unknown", {}, {"default_branch": ""}, {}, ["base_not_default"]),
    ("another base where any may", {"base": "any"}, {"base_ref": "old"}, {}, []),
    ("another base, main named", {}, {"base_ref": "old"}, {"target": ON_MAIN}, []),
    ("a fork", {}, FORK, {}, ["fork_denied"]),
    ("a fork that is gone", {}, {"head_repository": 0}, {}, ["fork_denied"]),
    ("a fork, named", {}, FORK, {"target": NAMED}, ["fork_denied"]),
    ("a fork, main named", {}, FORK, {"target": ON_MAIN}, []),
    ("a fork's branch main", {}, FORK | {"base_ref": "main"}, {}, ["fork_denied"]),
    ("main only", {"default_branch_only": True}, {}, {}, ["not_default_branch"]),
    ("main only, main", {"default_branch_only": True}, {}, {"target": ON_MAIN}, []),
    ("unknown commit", {}, {}, {"target": Target(typed="deadbee")}, ["commit_unknown"]),
    ("an older head, named", {}, {}, {"target": replace(NAMED, sha=OLDER)}, []),
    ("moved while it waited", {}, {"head_sha": OLDER}, {}, ["head_moved"]),
    ("never seen", {}, {}, {"target": Target(sha=SHA)}, ["head_not_known"]),
    ("seen later", {}, {}, {"target": replace(TARGET, first_seen=NOW)}, ["head_not_known"]),
    (
        "seen in the same second",
        {},
        {},
        {"target": replace(TARGET, first_seen=NOW), "asked_at": NOW},
        ["head_not_known"],
    ),
    ("too young", {"head_age": timedelta(minutes=1)}, {}, {"target": YOUNG}, ["head_too_young"]),
    ("old enough", {"head_age": timedelta(seconds=20)}, {}, {"target": YOUNG}, []),
    ("young, but named", {"head_age": timedelta(hours=1)}, {}, {"target": NAMED}, []),
    ("behind, nobody asks", {}, {}, {"behind": 3}, []),
    ("behind", {"up_to_date": "require"}, {}, {"behind": 3}, ["not_up_to_date"]),
    ("behind by what is unknown", {"up_to_date": "require"}, {}, {}, ["not_up_to_date"]),
    ("up to date", {"up_to_date": "require"}, {}, {"behind": 0}, []),
    ("behind, with a warning", {"up_to_date": "warn"}, {}, {"behind": 3}, []),
    ("main itself", {"up_to_date": "require"}, {}, {"target": ON_MAIN}, []),
    ("live lost", {"contains_live": True}, {}, {"live": LOST}, ["live_not_contained"]),
    ("live lost, not protected", {}, {}, {"live": LOST}, []),
    (
        "live lost in production",
        {},
        {},
        {"live": LOST, "environment": "prod"},
        ["live_not_contained"],
    ),
    ("… in prod-eu", {}, {}, {"live": LOST, "environment": "prod-eu"}, ["live_not_contained"]),
    ("… in product", {}, {}, {"live": LOST, "environment": "product"}, []),
    ("… told not to", {"contains_live": False}, {}, {"live": LOST, "environment": "prod"}, []),
    ("live contained", {"contains_live": True}, {}, {"live": KEPT}, []),
    ("nothing live", {"contains_live": True}, {}, {}, []),
    ("replaced", {"contains_live": True}, {}, {"live": LOST, "replaces": 12}, []),
    (
        "another replaced",
        {"contains_live": True},
        {},
        {"live": LOST, "replaces": 13},
        ["live_not_contained"],
    ),
    ("its own earlier head", {"contains_live": True}, {"number": 12}, {"live": LOST}, []),
    (
        "its own earlier head, by main",
        {"contains_live": True},
        {"number": 12},
        {"live": LOST, "target": ON_MAIN},
        ["live_not_contained"],
    ),
    ("a pushed live", {"contains_live": True}, {}, {"live": OF_MAIN}, ["live_not_contained"]),
    (
        "a push that loses",
        {"contains_live": True},
        {},
        {"live": LOST, "pushed": True},
        ["live_not_contained"],
    ),
    ("after, unknown", {"after": "staging"}, {}, {}, ["not_after"]),
    (
        "after, lacking",
        {"after": "staging"},
        {},
        {"before": Before(lacking=("web",))},
        ["not_after"],
    ),
    ("after, met", {"after": "staging"}, {}, {"before": Before(lacking=())}, []),
]


@pytest.mark.parametrize(
    ("gates", "pull", "more", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_the_gate(
    gates: dict[str, Any], pull: dict[str, Any], more: dict[str, Any], expected: list[str]
) -> None:
    assert judged(gates, pull, **more) == expected


def test_every_reason_is_told_at_once() -> None:
    found = judged(
        {"up_to_date": "require", "contains_live": True},
        {"draft": True, "base_ref": "old"},
        live=LOST,
        behind=1,
    )
    assert found == [
        "draft",
        "base_not_default",
        "not_up_to_date",
        "live_not_contained",
    ]


def test_whoever_may_not_deploy_is_told_only_what_is_at_hand() -> None:
    found = judged({"checks": "all", "approvals": 2}, {"draft": True}, role="read", live=LOST)
    assert found == ["permission_denied", "draft"]


def test_a_push_is_asked_nothing_about_its_pull_request() -> None:
    assert judged({}, {**MERGED, **FORK, "draft": True, "base_ref": "x"}, pushed=True) == []
    assert judged({}, None, pushed=True, asked_at=NOW - timedelta(hours=1)) == []


def test_a_warning_is_a_note() -> None:
    (note,) = judge(facts({"up_to_date": "warn"}, behind=1)).notes
    assert note == "`aaaaaaa` lacks 1 commit of `main`"


@pytest.mark.parametrize(
    ("gates", "more", "command"),
    [
        ({"contains_live": True}, {"live": LOST}, "/deploy qa web --replace #12"),
        ({"after": "staging"}, {}, "/deploy staging web aaaaaaa"),
        ({"after": "staging"}, {"target": ON_MAIN}, "/deploy staging web main"),
        ({}, {"target": Target(sha=SHA)}, "/deploy qa web aaaaaaa"),
        ({}, {"target": Target(sha=SHA), "asked_at": NOW - timedelta(hours=1)}, "/deploy qa web"),
    ],
)
def test_a_refusal_ends_with_the_next_command(
    gates: dict[str, Any], more: dict[str, Any], command: str
) -> None:
    refusals = judge(facts(gates, services=("web",), **more)).refusals
    assert refusals[0].commands[0] == command


def test_what_is_merged_is_deployed_by_its_branch() -> None:
    (refusal,) = judge(
        facts({}, MERGED | {"default_branch": "trunk", "base_ref": "trunk"})
    ).refusals
    assert refusal.commands == ("/deploy qa trunk",)
    assert MAIN not in refusal.reason
