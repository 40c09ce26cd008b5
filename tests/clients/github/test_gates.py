"""What gates ask GitHub, against the local one: every page, and nothing half."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import requests
from github.Auth import AppAuth

from bot.core.github import BranchSeen, CheckSeen, CheckState, RequiredCheck
from bot.ports import Broken, Transient
from tests.clients.github.acme import NAME
from tests.clients.github.scripted import REPOSITORY, Reply

if TYPE_CHECKING:
    from localcloud.github.app_records import App
    from tests.clients.github.acme import Acme
    from tests.clients.github.scripted import Scripted

PASSED, RUNNING, FAILED = CheckState.PASSED, CheckState.RUNNING, CheckState.FAILED


def another_app(acme: Acme) -> App:
    ci = acme.server.add_app("ci", webhook_url="http://127.0.0.1:9/none", webhook_secret="x")
    acme.server.install("ci", NAME)
    return ci


@cache
def token(acme: Acme, app: App) -> str:
    """Mint what an App acts with on the repository."""
    installation = acme.server.install(app.slug, NAME)
    minted: dict[str, str] = requests.post(
        f"{acme.server.url}/app/installations/{installation}/access_tokens",
        headers={"Authorization": f"Bearer {AppAuth(app.id, app.private_key_pem).token}"},
        timeout=10,
    ).json()
    return minted["token"]


def run(acme: Acme, app: App, name: str, sha: str, **more: str) -> int:
    """Report a check run as an App."""
    made: dict[str, Any] = requests.post(
        f"{acme.server.url}/repos/{NAME}/check-runs",
        json={"name": name, "head_sha": sha, **more},
        headers={"Authorization": f"Bearer {token(acme, app)}"},
        timeout=10,
    ).json()
    return int(made["id"])


def test_checks_are_runs_of_others_and_statuses(acme: Acme) -> None:
    ci, sha = another_app(acme), acme.write("checked.txt", b"1\n")
    run(acme, ci, "unit", sha, conclusion="failure")
    run(acme, ci, "unit", sha, conclusion="success")
    run(acme, ci, "lint", sha)
    run(acme, ci, "docs", sha, conclusion="skipped")
    run(acme, acme.app, "deploy / prod", sha, conclusion="failure")
    for state in ("failure", "success"):
        acme.call("POST", f"/statuses/{sha}", {"state": state, "context": "legacy"})
    acme.call("POST", f"/statuses/{sha}", {"state": "error", "context": "slow"})
    assert set(acme.client.checks(acme.repository, sha)) == {
        CheckSeen(name="unit", state=PASSED, app=ci.id),
        CheckSeen(name="lint", state=RUNNING, app=ci.id),
        CheckSeen(name="docs", state=PASSED, app=ci.id),
        CheckSeen(name="legacy", state=PASSED),
        CheckSeen(name="slow", state=FAILED),
    }


def test_a_failure_on_the_second_page_is_seen(acme: Acme) -> None:
    ci, sha = another_app(acme), acme.write("paged.txt", b"1\n")
    run(acme, ci, "the oldest", sha, conclusion="failure")
    for place in range(101):
        run(acme, ci, f"shard {place}", sha, conclusion="success")
    states = {seen.name: seen.state for seen in acme.client.checks(acme.repository, sha)}
    assert len(states) == 102
    assert states["the oldest"] is FAILED


def test_required_checks_come_from_rulesets_and_protection(acme: Acme) -> None:
    assert acme.client.ruled_checks(acme.repository, "main") == ()
    assert acme.client.branch(acme.repository, "main") == BranchSeen(sha=acme.main())
    assert acme.client.branch(acme.repository, "no/such branch") is None
    ours = {"context": "deploy / prod", "integration_id": acme.app.id}
    checks = [{"context": "ci", "integration_id": 15}, {"context": "lint"}, ours]
    rule = {
        "type": "required_status_checks",
        "parameters": {
            "required_status_checks": checks,
            "strict_required_status_checks_policy": False,
        },
    }
    ruleset = {"name": "main", "enforcement": "active", "rules": [rule]}
    acme.call("POST", "/rulesets", ruleset)
    protection = {
        "required_status_checks": {
            "strict": False,
            "contexts": [],
            "checks": [{"context": "e2e", "app_id": 16}, {"context": "lint"}],
        },
        "enforce_admins": None,
        "required_pull_request_reviews": None,
        "restrictions": None,
    }
    acme.call("PUT", "/branches/main/protection", protection)
    ruled = (RequiredCheck("ci", 15), RequiredCheck("lint"))
    assert acme.client.ruled_checks(acme.repository, "main") == ruled
    protected = (RequiredCheck("e2e", 16), RequiredCheck("lint"))
    seen = acme.client.branch(acme.repository, "main")
    assert seen == BranchSeen(sha=acme.main(), required=protected)
    acme.call("PUT", "/branches/main/protection", protection | {"required_status_checks": None})


def test_reviews_with_their_commits(acme: Acme) -> None:
    number, head = acme.pull("reviewed")
    path = f"/pulls/{number}/reviews"
    given = acme.call("POST", path, {"event": "APPROVE"}, "writer")
    acme.call("POST", path, {"event": "COMMENT", "body": "nice"}, "reader")
    acme.call("PUT", f"{path}/{given['id']}/dismissals", {"message": "too quick"})
    acme.call("POST", path, {"event": "APPROVE"}, "reader")
    seen = acme.client.reviews(acme.repository, number)
    assert [(review.author, review.state) for review in seen] == [
        ("writer", "DISMISSED"),
        ("reader", "COMMENTED"),
        ("reader", "APPROVED"),
    ]
    assert {review.sha for review in seen} == {head}
    assert acme.client.pull_request(acme.repository, number).author == "owner"  # type: ignore[union-attr]


def test_teams(acme: Acme) -> None:
    acme.server.join_team("acme/ops", "reader")
    assert acme.client.member(acme.repository, "acme/ops", "reader")
    assert not acme.client.member(acme.repository, "acme/ops", "writer")
    assert not acme.client.member(acme.repository, "acme/nobody", "reader")
    assert not acme.client.member(acme.repository, "../repos/acme", "reader")


def test_how_far_behind_and_what_changed(acme: Acme) -> None:
    number, head = acme.pull("far-behind")
    assert acme.client.behind(acme.repository, head, "main") == 0
    acme.write("newer.txt", b"1\n")
    acme.write("newest.txt", b"1\n")
    assert acme.client.behind(acme.repository, head, "main") == 2
    assert acme.client.behind(acme.repository, "0" * 40, "main") is None
    assert acme.client.changed_files(acme.repository, "main", head) == {"far-behind.txt"}
    assert acme.client.changed_files(acme.repository, "0" * 40, head) is None
    opened = acme.client.open_pull_requests(acme.repository)
    assert (number, head) in [(pull.number, pull.head_sha) for pull in opened]


HALF = {"total_count": 2, "check_runs": []}
FORBIDDEN = Reply(422, {"message": "The permissions requested are not granted."})


def test_half_a_list_is_no_answer(scripted: Scripted) -> None:
    scripted.replies.append(Reply(200, HALF))
    with pytest.raises(Transient, match="0 of 2 check runs"):
        scripted.client.checks(REPOSITORY, "a" * 40)


def test_too_many_files_are_everything(scripted: Scripted) -> None:
    files = [{"filename": f"{place}"} for place in range(300)]
    scripted.replies.append(Reply(200, {"status": "ahead", "files": files}))
    assert scripted.client.changed_files(REPOSITORY, "main", "a" * 40) is None


def test_a_required_workflow_counts_as_never_reported(scripted: Scripted) -> None:
    rule = {"type": "workflows", "parameters": {"workflows": [{"path": ".github/x.yml"}]}}
    other = {"type": "deletion"}
    scripted.replies += [Reply(200, [rule, other]), Reply(200, {"name": "main"})]
    found = scripted.client.ruled_checks(REPOSITORY, "main")
    assert found == (RequiredCheck("workflow .github/x.yml"),)


def test_without_the_permission_the_gate_fails_closed(scripted: Scripted) -> None:
    scripted.mint = lambda _: FORBIDDEN
    with pytest.raises(Broken, match="that may read members"):
        scripted.client.member(REPOSITORY, "acme/ops", "writer")
