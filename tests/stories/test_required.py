"""Checks before the merge, and pushes that wait for theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.gated import behind_gates
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.people import Pull, Repository

ENVIRONMENTS = {
    "staging": "",
    "live": "required: true",
    "auto": "on_push: main, gates: {checks: [ci], approvals: 1}",
}


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """Every pull request needs a check of `live`; `auto` follows main once that is green."""
    return behind_gates(repository, ENVIRONMENTS)


def test_a_pull_request_needs_its_deployment_before_the_merge(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("needed")}, "needed")
    first = made.concluded(pull.sha, "live")
    assert first["conclusion"] == "action_required"
    assert first["output"]["title"] == "Not deployed to live yet"
    assert "`/deploy live`" in first["output"]["summary"]

    assert comes_to(pull, "/deploy live", "success") != first["id"]
    group = made.cloud.github.enqueue(made.full_name, pull.number, "owner")
    assert made.concluded(group, "live")["conclusion"] == "success"


def test_what_is_rolled_back_is_let_in_no_more(made: Repository) -> None:
    for number in range(2):
        files = {"web/app.py": services.good(f"taken back {number}")}
        pull = made.pull_request(files, f"taken-back-{number}")
        comes_to(pull, "/deploy live", "success")
    comes_to(pull, "/rollback live", "failure")
    group = made.cloud.github.enqueue(made.full_name, pull.number, "owner")
    assert made.concluded(group, "live")["conclusion"] == "failure"


def comes_to(pull: Pull, command: str, conclusion: str) -> int:
    """Say something, and wait until the check of the pull request's head is concluded so."""
    pull.comment(command)
    check = eventually(
        lambda: pull.repository.check(pull.sha, "live"),
        lambda run: run and run["conclusion"] == conclusion,
        f"the check after {command}",
    )
    return int(check["id"])


def test_a_change_of_no_service_is_neutral_also_in_the_queue(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "words\n"}, "words")
    assert made.concluded(pull.sha, "live")["conclusion"] == "neutral"
    assert made.check(pull.sha, "staging") is None
    group = made.cloud.github.enqueue(made.full_name, pull.number, "owner")
    assert made.concluded(group, "live")["conclusion"] == "neutral"


def test_a_merge_group_waits_for_no_deployment_that_never_was(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("queued early")}, "early")
    group = made.cloud.github.enqueue(made.full_name, pull.number, "owner")
    assert made.concluded(group, "live")["conclusion"] == "action_required"
    assert made.statuses(group, "live") == []
    needed = made.concluded(pull.sha, "live")
    made.cloud.github.press(needed["id"], "reader")
    assert f"/deploy live {pull.sha}` was refused" in pull.reply("needs `write`")


def test_a_push_waits_until_its_checks_are_green(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("by push")}, "by-push")
    body = {"event": "APPROVE", "body": "good"}
    made.call("POST", f"pulls/{pull.number}/reviews", body, "owner")
    merged = pull.merge()
    waiting = made.titled(merged, "auto", "Waiting: checks_running")
    assert waiting["status"] == "queued"
    assert "`ci` has not passed yet" in waiting["output"]["summary"]
    made.call("POST", f"statuses/{merged}", {"state": "success", "context": "ci"})
    check = made.concluded(merged, "auto")
    assert (check["conclusion"], check["id"]) == ("success", waiting["id"])


def test_a_push_without_an_approved_pull_request_is_refused(made: Repository) -> None:
    sha = made.commit({"notes.md": "straight to main\n"})
    made.push()
    made.call("POST", f"statuses/{sha}", {"state": "success", "context": "ci"})
    check = made.named_check(sha, "deploy")
    assert check["conclusion"] == "failure"
    assert "so nobody has reviewed it" in check["output"]["summary"]
    assert made.statuses(sha, "auto") == []
