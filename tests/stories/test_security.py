"""Attacks on which commit goes where by whose rules: each one as an attacker would do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.stories import services
from tests.stories.app import spillway
from tests.stories.console import Console
from tests.stories.faults import answered_as, glance, standing_still
from tests.stories.gated import behind_gates, manifest, review
from tests.stories.people import Pull, wait_for_the_next_second

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from tests.stories.people import Repository

ALONE = "gates: {contains_live: false}"
ENVIRONMENTS = {"staging": "", "prod": ALONE, "gift": "gates: {forks: approved}"}


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """One service, whose prod takes any pull request."""
    return behind_gates(repository, ENVIRONMENTS)


@pytest.fixture(scope="module")
def forked(made: Repository) -> Pull:
    """An outsider's pull request from a fork, whose branch is called main."""
    fork = made.call("POST", "forks", login="outsider")["full_name"]
    made.git("checkout", "--quiet", "-B", "gift", "main")
    sha = made.commit({"web/app.py": services.good("from a fork")})
    made.git("push", "--quiet", "--force", made.remote("outsider", fork), "HEAD:main")
    made.git("checkout", "--quiet", "main")
    wanted = {"title": "A gift", "head": "outsider:main", "base": "main"}
    number = made.call("POST", "pulls", wanted, "outsider")["number"]
    made.cloud.github.deliveries_idle(10)
    wait_for_the_next_second()
    return Pull(made, number, sha, "main")


def moved_to(pull: Pull, sha: str) -> None:
    """Move a pull request's branch by REST, which takes no time."""
    ours = pull.repository
    ours.git("push", "--quiet", "--force", ours.remote("writer"), f"{sha}:refs/heads/waiting")
    wait_for_the_next_second()
    ours.call("PATCH", f"git/refs/heads/{pull.branch}", {"sha": sha, "force": True})


def test_a_push_between_the_answer_and_the_start_stops_the_deployment(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("meant")}, "raced")
    meant = pull.sha
    reading = (f"GET /repos/{made.full_name}/git/trees/{meant}", "")
    with standing_still(made.cloud, reading) as (look,):
        pull.comment("/deploy prod")
        look.wait_until_arrived()
        head = pull.push({"web/app.py": services.good("pushed while it was read")})
        look.let_go()
    alert = pull.alert()
    assert f"When its turn came, the command meant {meant[:7]}" in alert
    assert f"Next: `/deploy prod {head[:7]}`" in alert
    assert made.check(head, "prod") is None


def test_a_head_from_before_that_comes_back_after_the_command_is_refused(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("evil")}, "there-and-back")
    evil = pull.sha
    pull.push({"web/app.py": services.good("what the writer read")})
    with standing_still(made.cloud, glance(pull)) as (look,):
        asked = pull.comment("/deploy prod")
        look.wait_until_arrived()
        made.call("PATCH", "git/refs/heads/there-and-back", {"sha": evil, "force": True})
        made.cloud.github.deliveries_idle(10)
    told = pull.refusal(asked)
    assert f"`{evil[:7]}` became this pull request's head" in told
    assert made.check(evil, "prod") is None


def test_a_deployment_that_github_made_of_another_commit_ends(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("mistaken")}, "mistaken")
    other = "f" * 40
    call = f"POST /repos/{made.full_name}/deployments"
    with answered_as(
        made.cloud, call, lambda body: body.replace(pull.sha.encode(), other.encode())
    ):
        pull.comment("/deploy prod")
        check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "failure"
    said = f"GitHub's deployment was made for {other[:7]} and not for {pull.sha[:7]}"
    assert said in pull.alert()


def test_a_commit_from_the_past_is_no_older_for_that(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "one\n"}, "back-dated")
    made.git("checkout", "--quiet", "back-dated")
    made.commit({"web/app.py": services.good("evil")}, "Written long ago")
    made.git("commit", "--quiet", "--amend", "--no-edit", "--date=2020-01-01T00:00:00Z")
    made.git("rebase", "--quiet", "--force-rebase", "--committer-date-is-author-date", "HEAD~1")
    head = made.git("rev-parse", "HEAD")
    assert made.git("show", "--no-patch", "--format=%cI", head).startswith("2020-01-01")
    made.git("checkout", "--quiet", "main")
    moved_to(pull, head)
    told = pull.refusal(pull.comment("/deploy prod"))
    assert f"`{head[:7]}` became this pull request's head" in told
    assert made.check(head, "prod") is None


def test_a_forks_main_is_not_our_main(made: Repository, forked: Pull) -> None:
    assert "forks are never built here" in forked.refusal(forked.comment("/deploy prod"))
    main = made.git("rev-parse", "main")
    forked.comment("/deploy prod main")
    assert made.concluded(main, "prod")["conclusion"] == "success"
    assert made.check(forked.sha, "prod") is None


def test_a_stranger_has_the_bot_read_nothing_of_theirs(made: Repository, forked: Pull) -> None:
    before = len(made.cost())
    asked = forked.comment(f"/plan prod\n/plan gift {forked.sha[:7]}", by="outsider")
    told = forked.refusal(asked)
    assert "forks are never built here" in told
    assert told.count("needs `write`") == 2
    paid = made.cost()[before:]
    assert not [call for call in paid if "/git/" in call or "/contents/" in call], paid


def test_a_commit_that_only_a_fork_has_is_no_commit_of_ours(made: Repository, forked: Pull) -> None:
    pull = made.pull_request({"notes.md": "imposter\n"}, "imposter")
    for typed in (forked.sha, forked.sha[:12]):
        told = pull.refusal(pull.comment(f"/deploy prod {typed}"))
        assert f"`{typed}` is neither a head of this pull request that was seen here" in told
    assert made.check(forked.sha, "prod") is None


def test_a_forks_commit_needs_its_name_and_an_approval_of_it(
    made: Repository, forked: Pull
) -> None:
    named = f"/deploy gift {forked.sha[:7]}"
    told = forked.refusal(forked.comment("/deploy gift"))
    assert "of which only a named commit is built" in told
    assert f"`{named}`" in told
    review(forked, "reader")
    review(forked, "owner", "COMMENT")
    assert "has 0 of 1 approvals" in forked.refusal(forked.comment(named))
    review(forked, "owner")
    forked.comment(named)
    assert made.concluded(forked.sha, "gift")["conclusion"] == "success"


def test_a_pull_request_changes_no_rules(made: Repository) -> None:
    own = manifest(made.prefix, {"staging": "", "prod": "gates: {permission: read}"})
    own = own.replace("project: senior-mhealth-lee", "project: somebody-elses")
    own = own.replace("cloud_run: {", "cloud_run: {service_account: root@evil.example.com, ")
    own = own.replace("GREETING: hello}", "GREETING: hello}, secrets: {KEY: 'api-key:latest'}")
    own = own.replace("service_suffix: -prod", "service_suffix: -taken")
    build = services.CLOUDBUILD.replace("$_PATH", "$_PATH/../..")
    files = {
        "deploy.yaml": own,
        "cloudbuild.yaml": build,
        "web/app.py": services.good("by its own rules"),
    }
    pull = made.pull_request(files, "own-rules")
    assert "`prod` needs `write`" in pull.refusal(pull.comment("/deploy prod", by="reader"))
    pull.comment("/deploy prod")
    check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "success"
    for key in (
        "project",
        "gates.permission",
        "service_suffix",
        f"services.{made.prefix}-web.cloud_run.service_account",
        f"services.{made.prefix}-web.cloud_run.secrets",
        "cloudbuild.yaml",
    ):
        assert f"{key}: takes effect after merge" in check["output"]["summary"]
    template = Console(made.cloud).service(f"{made.prefix}-web-prod").template
    assert template.service_account != "root@evil.example.com"
    assert [variable.name for variable in template.containers[0].env] == ["GREETING"]


def test_another_repository_cannot_take_a_service(
    made: Repository, repository: Callable[..., Repository]
) -> None:
    thief = repository().in_staging()
    thief.commit({"deploy.yaml": manifest(made.prefix, {"staging": ""})}, "Take it")
    thief.push()
    wait_for_the_next_second()
    pull = thief.pull_request({"web/app.py": services.good("stolen")}, "steal")
    pull.comment("/deploy staging")
    taken = f"Cloud Run service {made.prefix}-web-staging belongs to another repository"
    assert taken in pull.alert()


def test_whoever_may_no_longer_is_stopped_in_the_queue(made: Repository, cloud: Cloud) -> None:
    first = made.pull_request({"web/app.py": services.good("first in line")}, "first-in-line")
    second = made.pull_request({"web/app.py": services.good("second")}, "second-in-line")
    cloud.github.grant(made.full_name, "outsider", "write")
    with standing_still(cloud, ("CreateBuild", first.sha)) as (build,):
        first.comment("/deploy prod")
        build.wait_until_arrived()
        second.comment("/deploy prod", by="outsider")
        made.titled(second.sha, "prod", "Queued, position 1")
        cloud.github.grant(made.full_name, "outsider", "none")
        build.let_go()
    assert made.concluded(first.sha, "prod")["conclusion"] == "success"
    assert "outsider has read permission" in second.alert()
    told = second.refusal(second.comment("/deploy prod", by="outsider"))
    assert "@outsider has `read` permission" in told


def test_a_command_is_followed_as_it_was_written_whatever_becomes_of_it(
    made: Repository, cloud: Cloud
) -> None:
    pull = made.pull_request({"notes.md": "edited\n"}, "edited")
    reading = (f"GET /repos/{made.full_name}/pulls/{pull.number}", "")
    with standing_still(cloud, reading) as (look,):
        asked = pull.comment("/status staging")
        look.wait_until_arrived()
        made.call("PATCH", f"issues/comments/{asked}", {"body": "/deploy prod"})
        look.let_go()
    assert "| staging |" in pull.answer(asked)
    assert made.check(pull.sha, "prod") is None


def test_a_delivery_is_not_taken_with_another_body(made: Repository, cloud: Cloud) -> None:
    pull = made.pull_request({"notes.md": "replayed\n"}, "replayed")
    asked = pull.comment("/status")
    pull.answer(asked)
    owner = spillway(cloud)
    newest = owner.deliveries("issue_comment")[0]
    sent = owner.delivery(newest["id"])["request"]
    body = requests.models.complexjson.dumps(sent["payload"])
    forged = body.replace("/status", "/deploy prod").encode()
    door = f"{cloud.receiver.url}/webhooks/github"
    answer = requests.post(door, data=forged, headers=sent["headers"], timeout=10)
    assert answer.status_code == 401
    owner.redeliver(newest)
    assert len([reply for reply in pull.replies() if f"/{asked}/0 -->" in reply]) == 1
    assert made.check(pull.sha, "prod") is None
