from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from requests import Response

    from tests.localcloud.github.world import Clone, World


def post(world: World, **body: object) -> Response:
    return world.rest("POST", world.repo("/check-runs"), headers=world.as_installation(), json=body)


def test_a_run_goes_from_progress_to_its_end(world: World, clone: Clone) -> None:
    head = clone("rev-parse", "HEAD")
    run = world.bot().create_check_run(
        "deploy / prod", head, status="in_progress", external_id="dep-1"
    )
    run.edit(output={"title": "Canary 25 %", "summary": "step 3"})
    run.edit(status="completed", conclusion="success")
    told = [got.payload for got in world.heard() if got.event == "check_run"]
    assert [payload["action"] for payload in told] == ["created", "completed"]
    assert told[0]["check_run"]["external_id"] == "dep-1"
    assert told[0]["check_run"]["check_suite"]["head_branch"] == "main"
    assert told[1]["check_run"]["output"]["title"] == "Canary 25 %"
    assert told[1]["check_run"]["conclusion"] == "success"
    assert told[1]["check_run"]["app"]["id"] == world.app.id


def test_a_suite_is_asked_for_by_a_push_and_told_when_its_last_run_has_ended(
    world: World, clone: Clone
) -> None:
    head = clone.push("Two", "topic", README="two\n")
    clone("push", "--quiet", "origin", "HEAD:refs/heads/the-same")
    (asked_for,) = (
        payload["check_suite"]
        for payload in world.told("check_suite", "requested")
        if payload["check_suite"]["head_sha"] == head
    )
    assert (asked_for["status"], asked_for["conclusion"]) == ("queued", None)
    assert asked_for["app"]["id"] == world.app.id
    one, other = (world.bot().create_check_run(name, head) for name in ("one", "other"))
    assert world.rest("GET", world.repo(f"/check-suites/{asked_for['id']}")).json()["status"] == (
        "queued"
    )
    one.edit(conclusion="success")
    assert world.told("check_suite", "completed") == []
    other.edit(conclusion="failure")
    (done,) = world.told("check_suite", "completed")
    assert done["check_suite"]["id"] == asked_for["id"]
    assert done["check_suite"]["conclusion"] == "failure"
    assert done["sender"]["login"] == "spillway[bot]"


def test_a_completed_run_does_not_go_back(world: World, clone: Clone) -> None:
    run = world.bot().create_check_run(
        "deploy / prod", clone("rev-parse", "HEAD"), conclusion="failure"
    )
    assert run.status == "completed"
    run.edit(status="in_progress", output={"title": "again", "summary": "…"})
    kept = world.rest("GET", world.repo(f"/check-runs/{run.id}")).json()
    assert (kept["status"], kept["conclusion"]) == ("completed", "failure")
    assert kept["output"]["title"] == "again"


def test_the_newest_run_of_a_name_is_listed(world: World, clone: Clone, pull: int) -> None:
    bot, head = world.bot(), clone("rev-parse", "HEAD")
    old = bot.create_check_run("deploy / prod", head, conclusion="neutral")
    new = bot.create_check_run("deploy / prod", head, status="in_progress")
    other = bot.create_check_run("deploy / staging", head)
    commit = bot.get_commit(head)
    assert {run.id for run in commit.get_check_runs()} == {new.id, other.id}
    assert {run.id for run in commit.get_check_runs(filter="all")} == {old.id, new.id, other.id}
    assert [run.id for run in commit.get_check_runs(check_name="deploy / prod")] == [new.id]
    by_branch = world.rest("GET", world.repo("/commits/topic/check-runs")).json()
    assert by_branch["total_count"] == 2
    assert [one["number"] for one in by_branch["check_runs"][0]["pull_requests"]] == [pull]
    suites = world.rest("GET", world.repo(f"/commits/{head}/check-suites")).json()
    assert suites["check_suites"][0]["status"] == "in_progress"
    suite = suites["check_suites"][0]["id"]
    assert world.rest("GET", world.repo(f"/check-suites/{suite}")).json()["head_sha"] == head


def test_buttons_are_kept_for_the_event(world: World, clone: Clone) -> None:
    actions = [{"label": "Promote now", "description": "all of it", "identifier": "promote"}]
    head = clone("rev-parse", "HEAD")
    assert post(world, name="c", head_sha=head, actions=actions).status_code == 201
    assert world.told("check_run", "created")[0]["check_run"]["actions"] == actions


@pytest.mark.parametrize(
    "wrong",
    [
        {"actions": [{"label": "x" * 21, "description": "d", "identifier": "i"}]},
        {"actions": [{"label": "x", "description": "d" * 41, "identifier": "i"}]},
        {"actions": [{"label": "x", "description": "d", "identifier": "i"}] * 4},
        {"output": {"title": "t", "summary": "x" * 65_536}},
        {"conclusion": None},
        {"conclusion": "superb"},
    ],
)
def test_githubs_limits_hold_and_the_judge_notes_the_asking(
    world: World, clone: Clone, wrong: dict[str, Any]
) -> None:
    refused = post(world, name="c", head_sha=clone("rev-parse", "HEAD"), **wrong)
    assert refused.status_code == 422
    assert refused.json()["message"].startswith("Invalid request.")
    assert world.told("check_run", "created") == []
    assert {violation.where for violation in world.judge.violations} == {"request"}
    world.judge.violations.clear()


def test_a_run_that_ends_says_how(world: World, clone: Clone) -> None:
    refused = post(world, name="c", head_sha=clone("rev-parse", "HEAD"), status="completed")
    assert (refused.status_code, "conclusion" in refused.json()["message"]) == (422, True)


def test_statuses_are_summed_up_by_context(world: World, clone: Clone) -> None:
    commit = world.bot().get_commit(clone("rev-parse", "HEAD"))
    assert commit.get_combined_status().state == "pending"
    commit.create_status("pending", context="deploy/prod")
    commit.create_status("success", "https://example.com/1", "all of it", "deploy/prod")
    assert commit.get_combined_status().state == "success"
    commit.create_status("error", context="deploy/staging")
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("failure", 2)
    assert [one.state for one in commit.get_statuses()] == ["error", "success", "pending"]
    assert commit.get_statuses()[0].creator.login == "spillway[bot]"
