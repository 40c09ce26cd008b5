"""Gates on the wire: what refuses, what is waited for, and the line that then works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.app import another_bot
from tests.stories.console import Console
from tests.stories.gated import behind_gates, report, review, says
from tests.stories.people import Pull, eventually, wait_for_the_next_second

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.people import Repository

ENVIRONMENTS = {
    "staging": "",
    "checked": "gates: {checks: [ci]}",
    "every": "gates: {checks: all, ignored_checks: [flaky]}",
    "ruled": "gates: {checks: required}",
    "patient": "gates: {checks: [ci], when_green: wait}",
    "reviewed": "gates: {approvals: 1}",
    "paired": "gates: {two_person: true}",
    "later": "gates: {after: staging}",
    "frozen": "gates: {freezes: [{starts: 2020-01-01, ends: 2099-12-31, why: for ever}]}",
    "current": "gates: {up_to_date: require}",
    "owned": "gates: {permission: admin, teams: [acme/ops]}",
    "mainly": "gates: {default_branch_only: true}",
    "prod": "",
}


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """One service behind every gate."""
    return behind_gates(repository, ENVIRONMENTS)


@pytest.fixture(scope="module")
def pull(made: Repository) -> Pull:
    """The writer's pull request."""
    return made.pull_request({"web/app.py": services.good("gated")}, "gated")


def pasted(answer: str) -> str:
    """The first line to paste that an answer ends with."""
    offered = re.search(r"^Next: `([^`]+)`", answer, re.MULTILINE)
    assert offered, answer
    return offered[1]


def test_checks_must_have_passed_on_this_commit(made: Repository, pull: Pull) -> None:
    told = pull.refusal(pull.comment("/deploy checked"))
    assert f"Checks of `{pull.sha[:7]}`: `ci` has not passed yet." in told
    report(pull, "failure", "flaky")
    assert "No check has reported" in pull.refusal(pull.comment("/deploy every"))
    report(pull, "failure")
    told = pull.refusal(pull.comment("/deploy checked\n/deploy every"))
    assert told.count(f"Checks of `{pull.sha[:7]}`: `ci` failed.") == 2
    report(pull, "success")
    pull.comment(pasted(told))
    assert made.concluded(pull.sha, "checked")["conclusion"] == "success"


def test_of_a_check_that_ran_again_the_newest_run_counts(made: Repository) -> None:
    again = made.pull_request({"web/app.py": services.good("again")}, "again")
    ci = another_bot(made.cloud)
    for conclusion in ("success", "failure"):
        ci.check(again, "ci", conclusion)
    told = again.refusal(again.comment("/deploy checked\n/deploy every"))
    assert told.count(f"Checks of `{again.sha[:7]}`: `ci` failed.") == 2
    ci.check(again, "ci", "success")
    again.comment(pasted(told))
    assert made.concluded(again.sha, "checked")["conclusion"] == "success"


def test_required_checks_count_on_every_page_and_by_whatever_name(made: Repository) -> None:
    ruled = made.pull_request({"web/app.py": services.good("ruled")}, "ruled")
    names = ("deploy / ruled", "deploy", "e2e")
    checks = {
        "required_status_checks": [{"context": name} for name in names],
        "strict_required_status_checks_policy": False,
    }
    rule = {"type": "required_status_checks", "parameters": checks}
    made.call("POST", "rulesets", {"name": "main", "enforcement": "active", "rules": [rule]})
    report(ruled, "failure", "deploy")
    for shard in range(101):
        report(ruled, "success", f"shard {shard}")
    told = ruled.refusal(ruled.comment("/deploy ruled"))
    assert "`deploy` failed, and `e2e` has not passed yet" in told
    report(ruled, "failure", "e2e")
    assert "`deploy`, `e2e` failed" in ruled.refusal(ruled.comment("/deploy ruled"))
    for name in names[1:]:
        report(ruled, "success", name)
    ruled.comment(pasted(told))
    assert made.concluded(ruled.sha, "ruled")["conclusion"] == "success"


def test_a_deployment_waits_until_checks_are_green(made: Repository) -> None:
    late = made.pull_request({"web/app.py": services.good("late")}, "late")
    asked = late.comment("/deploy patient")
    told = says(late, asked, "waits with")
    assert "`ci` has not passed yet" in told
    assert "It starts by itself." in told
    assert made.check(late.sha, "patient") is None
    report(late, "success")
    assert made.concluded(late.sha, "patient")["conclusion"] == "success"
    assert late.reacted(asked, "rocket") == ["eyes", "rocket"]


def test_what_waits_is_bound_to_its_commit(made: Repository) -> None:
    moving = made.pull_request({"notes.md": "one\n"}, "moving")
    asked, before = moving.comment("/deploy patient"), moving.sha
    says(moving, asked, "waits with")
    head = moving.push({"notes.md": "two\n"})
    report(moving, "success", sha=before)
    told = says(moving, asked, "was refused")
    assert f"the command meant `{before[:7]}`" in told.lower()
    assert pasted(told) == f"/deploy patient {head[:7]}"


def test_approvals_count_for_this_commit_only(made: Repository) -> None:
    reviewed = made.pull_request({"notes.md": "reviewed once\n"}, "reviewed")
    review(reviewed, "owner")
    with pytest.raises(AssertionError, match="422"):
        review(reviewed, "writer")
    made.git("checkout", "--quiet", "reviewed")
    head = made.commit({"web/app.py": services.good("reviewed")})
    made.push("reviewed", "owner")
    made.git("checkout", "--quiet", "main")
    made.cloud.github.deliveries_idle(10)
    wait_for_the_next_second()
    review(reviewed, "owner")
    assert "by whoever pushed it" in reviewed.refusal(reviewed.comment("/deploy reviewed"))
    head = reviewed.push({"web/app.py": services.good("reviewed again")})
    review(reviewed, "reader")
    dismissed = review(reviewed, "owner")
    path = f"pulls/{reviewed.number}/reviews/{dismissed}/dismissals"
    made.call("PUT", path, {"message": "too quick"})
    told = reviewed.refusal(reviewed.comment("/deploy reviewed"))
    assert f"`{head[:7]}` has 0 of 1 approvals" in told
    review(reviewed, "owner")
    made.cloud.github.grant(made.full_name, "reader", "write")
    review(reviewed, "reader", "REQUEST_CHANGES")
    told = reviewed.refusal(reviewed.comment("/deploy reviewed"))
    assert "@reader wants changes" in told
    assert "approvals" not in told
    review(reviewed, "reader")
    made.cloud.github.grant(made.full_name, "reader", "read")
    reviewed.comment(pasted(told))
    assert made.concluded(head, "reviewed")["conclusion"] == "success"


def test_a_second_person_lets_it_start(made: Repository, pull: Pull) -> None:
    asked = pull.comment("/deploy paired")
    told = says(pull, asked, "waits with")
    word = f"/approve paired {pull.sha[:7]}"
    assert pasted(told) == word
    own = pull.refusal(pull.comment(word))
    assert "@writer asked for" in own
    button = made.concluded(pull.sha, "paired · controls")
    assert button["conclusion"] == "action_required"
    assert button["output"]["title"] == "Waits for a second person"
    made.cloud.github.press(button["id"], "reader", "approve")
    pull.reply("`paired` needs `write`")
    assert made.check(pull.sha, "paired") is None
    made.cloud.github.press(button["id"], "owner", "approve")
    assert made.concluded(pull.sha, "paired")["conclusion"] == "success"
    assert made.concluded(pull.sha, "paired · controls")["conclusion"] == "neutral"


def test_an_approval_is_of_one_commit_by_somebody_who_still_may(made: Repository) -> None:
    two = made.pull_request({"notes.md": "first\n"}, "two-commits")
    two.reacted(two.comment(f"/approve paired {two.sha[:7]}", by="owner"), "rocket")
    head = two.push({"notes.md": "second\n"})
    made.cloud.github.grant(made.full_name, "outsider", "write")
    two.reacted(two.comment(f"/approve paired {head[:7]}", by="outsider"), "rocket")
    made.cloud.github.grant(made.full_name, "outsider", "none")
    says(two, two.comment("/deploy paired"), "waits with")
    assert made.check(head, "paired") is None


def test_staging_comes_first_and_its_image_goes_on(made: Repository, pull: Pull) -> None:
    told = pull.refusal(pull.comment("/deploy later"))
    assert "`later` comes after `staging`" in told.replace("Later", "later")
    pull.comment(pasted(told))
    assert made.concluded(pull.sha, "staging")["conclusion"] == "success"
    pull.comment("/deploy later")
    assert made.concluded(pull.sha, "later")["conclusion"] == "success"
    console = Console(made.cloud)
    digests = {
        console.service(f"{made.prefix}-web-{name}").template.containers[0].image.split("@")[1]
        for name in ("staging", "later")
    }
    assert len(digests) == 1


def test_a_freeze_is_overridden_by_admins_only(made: Repository, pull: Pull) -> None:
    told = pull.refusal(pull.comment("/deploy frozen"))
    assert "`frozen` is frozen until 2100-01-01 00:00 UTC (for ever)" in told
    line = pasted(told)
    assert line == '/deploy frozen --override --reason "why"'
    assert "Only admins may override that" in pull.refusal(pull.comment(line)).replace(
        "only", "Only"
    )
    assert "needs a reason" in pull.refusal(pull.comment("/deploy frozen --override", by="owner"))
    pull.comment('/deploy frozen --override --reason "an outage"', by="owner")
    check = made.concluded(pull.sha, "frozen")
    assert check["conclusion"] == "success"
    assert "overridden by @owner: an outage" in check["output"]["summary"]


def test_a_branch_behind_main_is_refused(made: Repository) -> None:
    behind = made.pull_request({"notes.md": "behind\n"}, "behind")
    made.commit({"more.md": "newer\n"}, "Move on")
    made.push()
    told = behind.refusal(behind.comment("/deploy current"))
    assert f"`{behind.sha[:7]}` lacks 1 commit of `main`" in told


def test_a_team_may_where_the_permission_is_too_low(made: Repository, pull: Pull) -> None:
    told = pull.refusal(pull.comment("/deploy owned"))
    assert "`owned` needs `admin`, or membership in `acme/ops`" in told
    made.cloud.github.join_team("acme/ops", "writer")
    pull.comment("/deploy owned")
    assert made.concluded(pull.sha, "owned")["conclusion"] == "success"


def test_some_places_take_the_default_branch_only(pull: Pull) -> None:
    told = pull.refusal(pull.comment("/deploy mainly"))
    assert "`mainly` takes commits of `main` only" in told.replace("Mainly", "mainly")
    assert pasted(told) == "/deploy mainly main"


def test_a_draft_and_another_base_are_refused_together(made: Repository) -> None:
    made.git("push", "--quiet", made.remote("owner"), "main:refs/heads/old")
    made.git("checkout", "--quiet", "-B", "drafted", "main")
    sha = made.commit({"notes.md": "draft\n"})
    made.push("drafted", "writer")
    made.git("checkout", "--quiet", "main")
    wanted = {"title": "Not yet", "head": "drafted", "base": "old", "draft": True}
    number = made.call("POST", "pulls", wanted, "writer")["number"]
    wait_for_the_next_second()
    drafted = Pull(made, number, sha, "drafted")
    told = drafted.refusal(drafted.comment("/deploy staging"))
    assert "This pull request is a draft." in told
    assert "This pull request goes to `old`" in told


def test_what_is_live_is_not_lost_unless_it_is_named(made: Repository, pull: Pull) -> None:
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    eventually(
        lambda: pull.answer(pull.comment("/status prod")),
        lambda told: f"`{pull.sha[:7]}`" in told,
        "prod's release on record",
    )
    other = made.pull_request({"web/app.py": services.good("other")}, "other")
    told = other.refusal(other.comment("/deploy prod"))
    assert f"`prod` runs `{pull.sha[:7]}` from #{pull.number}" in told.replace("Prod", "prod")
    other.comment(pasted(told))
    assert pasted(told) == f"/deploy prod --replace #{pull.number}"
    assert made.concluded(other.sha, "prod")["conclusion"] == "success"
    folded = pull.reply(f"prod: Deployed ({pull.sha[:7]}). [The next deployment](")
    assert f"/pull/{other.number}#" in folded
    assert "<details><summary>What it did</summary>" in folded
