"""Where GraphQL tells other than REST, a glance says what REST would say."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.github import CheckSeen, CheckState, Glance
from tests.clients.github.acme import NAME
from tests.clients.github.scripted import ABSENT, REPOSITORY, Reply
from tests.clients.github.test_glance import NO_RUNS, PULL, answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.github.acme import Acme
    from tests.clients.github.scripted import Scripted

SHA = "a" * 40
NO_STATUSES = {"total_count": 0, "statuses": []}
WHOLE = {"pageInfo": {"hasNextPage": False}}
TEXTS = {
    "plain.txt": b"plain\r\n",
    "utf-16.txt": "\ufeffwide\n".encode("utf-16-le"),
    "latin.txt": "f\u00fcr\n".encode("latin-1"),
    "bom.txt": b"\xef\xbb\xbfafter a mark\n",
}


def pushed(acme: Acme, folder: Path) -> str:
    """Push what no call to GitHub writes: links and a submodule."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), "-c", "user.name=o", "-c", "user.email=o@o", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603  # the tests' own words

    folder.mkdir()
    url = acme.server.url.replace("://", f"://owner:{acme.tokens['owner']}@")
    git("clone", "--quiet", f"{url}/{NAME}.git", ".")
    for name, text in TEXTS.items():
        (folder / name).write_bytes(text)
    (folder / "link").symlink_to("services/api/main.py")
    (folder / "folder").symlink_to("services")
    (folder / "services" / "astray").symlink_to("../../outside")
    git("add", "--all")
    git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    git("commit", "--quiet", "-m", "Links")
    git("push", "--quiet", "origin", "HEAD:main")
    return git("rev-parse", "HEAD")


def test_files_are_read_as_rest_reads_them(acme: Acme, tmp_path: Path) -> None:
    sha = pushed(acme, tmp_path / "clone")
    names = (
        *TEXTS,
        "link",
        "folder",
        "services/astray",
        "module",
        "services",
        "none",
        "deploy.yaml",
    )
    wanted = Glance(sha=sha, files=tuple((sha, name) for name in names), paths=names)
    seen = acme.client.at_a_glance(acme.repository, wanted)
    told = {name: acme.new_client().file(acme.repository, name, sha) for name in names}
    assert told["link"] == "print('api')\n"
    acme.seen.requests.clear()
    assert {name: seen.file(acme.repository, name, sha) for name in names} == told
    asked = {one.rpartition("/contents/")[2] for one in acme.seen.requests if "contents" in one}
    assert "plain.txt" not in asked
    assert "deploy.yaml" not in asked
    trees = acme.client.trees(acme.repository, sha, names)
    assert seen.trees(acme.repository, sha, names) == trees


def test_of_a_commit_that_is_not_seen_nothing_is_told(acme: Acme) -> None:
    """A replica may not have it yet; REST then answers 404, which is asked again."""
    wanted = Glance(sha=SHA, files=((SHA, "deploy.yaml"),), paths=(".gitmodules", "deploy.yaml"))
    seen = acme.client.at_a_glance(acme.repository, wanted)
    assert seen.default_branch(acme.repository) == "main"
    acme.seen.requests.clear()
    assert seen.file(acme.repository, "deploy.yaml", SHA) is None
    with pytest.raises(Exception, match="404"):
        seen.trees(acme.repository, SHA, wanted.paths)
    assert len(acme.seen.requests) == 2


def test_a_pull_request_of_another_repository_brought_nothing(scripted: Scripted) -> None:
    theirs = PULL | {
        "number": 3,
        "state": "MERGED",
        "baseRepository": PULL["baseRepository"] | {"databaseId": REPOSITORY.id + 1},
        "mergeCommit": {"oid": SHA},
    }
    ours = theirs | {"number": 2, "baseRepository": PULL["baseRepository"]}
    brought = {"associatedPullRequests": {**WHOLE, "nodes": [theirs, ours]}}
    scripted.replies = [answer({"databaseId": REPOSITORY.id, "brought": brought})]
    seen = scripted.client.at_a_glance(REPOSITORY, Glance(sha=SHA, brought=True))
    found = seen.pull_request_of(REPOSITORY, SHA)
    assert found
    assert found.number == 2


def test_reviews_stand_in_the_order_in_which_they_were_given(scripted: Scripted) -> None:
    given = [("CHANGES_REQUESTED", "2026-01-02T00:00:00Z"), ("APPROVED", "2026-01-01T00:00:00Z")]
    nodes: list[dict[str, Any]] = [
        {
            "author": {"__typename": "User", "login": "writer"},
            "state": state,
            "commit": {"oid": SHA},
            "authorCanPushToRepository": True,
            "submittedAt": at,
        }
        for state, at in given
    ]
    pull = PULL | {"reviews": {**WHOLE, "nodes": nodes}}
    scripted.replies = [answer({"databaseId": REPOSITORY.id, "pull": pull})]
    seen = scripted.client.at_a_glance(REPOSITORY, Glance(number=1, reviews=True))
    states = [one.state for one in seen.reviews(REPOSITORY, 1)]
    assert states == ["APPROVED", "CHANGES_REQUESTED"]


def test_a_status_that_is_only_expected_was_never_given(scripted: Scripted) -> None:
    contexts = [{"context": "ci", "state": "EXPECTED"}, {"context": "lint", "state": "SUCCESS"}]
    here = {
        "databaseId": REPOSITORY.id,
        "runs": NO_RUNS,
        "statuses": {"status": {"contexts": contexts}},
    }
    scripted.replies = [answer(here)]
    seen = scripted.client.at_a_glance(REPOSITORY, Glance(sha=SHA, checks=True))
    assert seen.checks(REPOSITORY, SHA) == (CheckSeen(name="lint", state=CheckState.PASSED),)


@pytest.mark.parametrize(
    ("app", "suites", "runs", "asked"),
    [
        ({"databaseId": 5}, 1, 1, 1),
        ({"databaseId": 5}, 2, 1, 3),
        ({"databaseId": 5}, 1, 2, 3),
        (None, 1, 1, 3),
    ],
)
def test_runs_that_are_not_told_whole_are_asked_for(
    scripted: Scripted, app: object, suites: int, runs: int, asked: int
) -> None:
    """What is left out may have failed; runs without an App may be our own, which do not count."""
    run = {"databaseId": 1, "name": "x", "status": "COMPLETED", "conclusion": "SUCCESS"}
    suite = {"databaseId": 1, "app": app, "checkRuns": {"totalCount": runs, "nodes": [run]}}
    told = {"checkSuites": {"totalCount": suites, "nodes": [suite]}}
    here = {"databaseId": REPOSITORY.id, "runs": told, "statuses": {"status": None}}
    found = {"id": 1, "name": "x", "status": "completed", "conclusion": "success", "app": {"id": 5}}
    listed = {"total_count": 1, "check_runs": [found]}
    scripted.replies = [answer(here), Reply(200, listed), Reply(200, NO_STATUSES)]
    seen = scripted.client.at_a_glance(REPOSITORY, Glance(sha=SHA, checks=True))
    passed = CheckSeen(name="x", state=CheckState.PASSED, app=5)
    assert seen.checks(REPOSITORY, SHA) == (passed,)
    assert len(scripted.calls) == asked


@pytest.mark.parametrize(("total", "asked"), [(1, 1), (2, 2)])
def test_who_is_not_in_a_team_is_known_where_all_of_it_was_seen(
    scripted: Scripted, total: int, asked: int
) -> None:
    members = {"totalCount": total, "nodes": [{"login": "Writer"}]}
    told = {
        "repository": {"databaseId": REPOSITORY.id},
        "team0": {"team": {"members": members}},
    }
    scripted.replies = [Reply(200, {"data": told}), ABSENT]
    wanted = Glance(people=("writer", "reader"), teams=("acme/deployers",))
    seen = scripted.client.at_a_glance(REPOSITORY, wanted)
    assert seen.member(REPOSITORY, "acme/deployers", "writer")
    assert not seen.member(REPOSITORY, "acme/deployers", "reader")
    assert len(scripted.calls) == asked
