from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.github import CheckRun
from bot.ports import Broken

if TYPE_CHECKING:
    from tests.clients.github.acme import Acme

AGO = datetime(2020, 1, 1, tzinfo=UTC)
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_a_comment_is_made_found_and_edited(acme: Acme) -> None:
    number, _ = acme.pull("talk")
    client, repository = acme.client, acme.repository
    made = client.comment(repository, number, "<!-- spillway:d1 -->\nStarting…")
    assert client.find_comment(repository, number, "<!-- spillway:d1 -->", AGO) == made
    assert client.find_comment(repository, number, "<!-- spillway:d2 -->", AGO) == 0
    client.edit_comment(repository, made, "<!-- spillway:d1 -->\nDone 🚀")
    assert acme.call("GET", f"/issues/comments/{made}")["body"].endswith("Done 🚀")
    assert acme.seen.requests.count(f"PATCH /repos/acme/app/issues/comments/{made}") == 1


def test_a_marker_that_somebody_else_wrote_does_not_count(acme: Acme) -> None:
    number, _ = acme.pull("spoof")
    acme.call("POST", f"/issues/{number}/comments", {"body": "<!-- m -->"}, who="reader")
    acme.client.comment(acme.repository, number, "`/deploy <!-- m -->` was not understood")
    assert acme.client.find_comment(acme.repository, number, "<!-- m -->", AGO) == 0


def test_only_comments_since_then_are_looked_through(acme: Acme) -> None:
    number, _ = acme.pull("since")
    acme.client.comment(acme.repository, number, "<!-- m -->")
    later = datetime.now(UTC) + timedelta(hours=1)
    assert acme.client.find_comment(acme.repository, number, "<!-- m -->", later) == 0


def test_a_comment_is_found_on_a_later_page(acme: Acme) -> None:
    number, _ = acme.pull("busy")
    for _ in range(101):
        acme.call("POST", f"/issues/{number}/comments", {"body": "chatter"}, who="writer")
    made = acme.client.comment(acme.repository, number, "<!-- m -->")
    assert acme.client.find_comment(acme.repository, number, "<!-- m -->", AGO) == made


def test_a_deleted_comment_is_left_alone(acme: Acme) -> None:
    number, _ = acme.pull("gone")
    made = acme.client.comment(acme.repository, number, "soon gone")
    acme.call("DELETE", f"/issues/comments/{made}")
    acme.client.edit_comment(acme.repository, made, "still there?")
    acme.client.react(acme.repository, made, "eyes")


def test_a_comment_on_nothing_is_broken(acme: Acme) -> None:
    with pytest.raises(Broken, match="404"):
        acme.client.comment(acme.repository, 9999, "hello?")


def test_a_reaction_twice_is_one(acme: Acme) -> None:
    number, _ = acme.pull("react")
    asked = acme.call("POST", f"/issues/{number}/comments", {"body": "/deploy prod"}, "writer")
    for _ in range(2):
        acme.client.react(acme.repository, asked["id"], "eyes")
    acme.client.react(acme.repository, asked["id"], "rocket")
    told = acme.call("GET", f"/issues/comments/{asked['id']}/reactions")
    assert [reaction["content"] for reaction in told] == ["eyes", "rocket"]


def test_a_check_run_goes_from_start_to_end(acme: Acme) -> None:
    client, repository = acme.client, acme.repository
    running = _check(acme)
    made = client.create_check_run(repository, running)
    assert client.find_check_run(repository, running) == made
    assert client.find_check_run(repository, replace(running, external_id="other")) == 0
    assert client.find_check_run(repository, replace(running, name="deploy / staging")) == 0
    done = replace(running, status="completed", conclusion="success", completed_at=START)
    client.edit_check_run(repository, made, done)
    told = acme.call("GET", f"/check-runs/{made}")
    assert (told["status"], told["conclusion"]) == ("completed", "success")
    assert told["completed_at"] == "2026-11-24T12:00:00Z"
    assert told["output"]["title"] == "Canary 5 %"


def test_the_newest_of_two_check_runs_is_found(acme: Acme) -> None:
    check = replace(_check(acme), external_id="twice")
    ids = [acme.client.create_check_run(acme.repository, check) for _ in range(2)]
    assert acme.client.find_check_run(acme.repository, check) == max(ids)


def test_a_deployment_is_made_found_and_told_about(acme: Acme) -> None:
    client, repository = acme.client, acme.repository
    made = client.create_deployment(repository, acme.head, "prod", "dep-1")
    assert client.find_deployment(repository, acme.head, "prod", "dep-1") == made
    assert client.find_deployment(repository, acme.head, "prod", "dep-2") == 0
    assert client.find_deployment(repository, acme.head, "staging", "dep-1") == 0
    client.deployment_status(repository, made, "in_progress", "Canary\n5 %" + "!" * 200, "")
    client.deployment_status(repository, made, "success", "Done", "https://app.example")
    newest, first = acme.call("GET", f"/deployments/{made}/statuses")
    assert client.find_deployment_status(repository, made, "success") == newest["id"]
    assert client.find_deployment_status(repository, made, "in_progress") == 0
    assert (newest["state"], newest["environment_url"]) == ("success", "https://app.example")
    assert first["description"].startswith("Canary 5 %!")
    assert len(first["description"]) == 140
    told = acme.call("GET", f"/deployments/{made}")
    assert (told["sha"], told["production_environment"]) == (acme.head, True)


def test_a_deployment_is_of_exactly_its_commit(acme: Acme) -> None:
    """Left to itself GitHub would merge main into a branch that is behind, and make nothing."""
    _, head = acme.pull("behind")
    acme.write("main-went-on.txt", b"new\n")
    made = acme.client.create_deployment(acme.repository, head, "staging", "dep-3")
    told = acme.call("GET", f"/deployments/{made}")
    assert (told["sha"], told["production_environment"]) == (head, False)


def test_long_texts_are_cut(acme: Acme) -> None:
    number, _ = acme.pull("long")
    made = acme.client.comment(acme.repository, number, "line\n" * 20_000)
    body = acme.call("GET", f"/issues/comments/{made}")["body"]
    assert 65_000 < len(body) <= 65_536
    check = replace(_check(acme), external_id="long", summary="😀\n" * 70_000)
    run = acme.client.create_check_run(acme.repository, check)
    assert len(acme.call("GET", f"/check-runs/{run}")["output"]["summary"]) <= 65_535


def _check(acme: Acme) -> CheckRun:
    return CheckRun(
        name="deploy / prod",
        sha=acme.head,
        external_id="dep-1",
        status="in_progress",
        title="Canary 5 %",
        summary="| step | share |\n",
        details_url="https://app.example/d/1",
        started_at=START,
    )
