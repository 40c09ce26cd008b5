from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github import GithubException

from tests.localcloud.github.world import NAME, Clone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localcloud.github.world import World


def actions(world: World) -> list[str]:
    return [got.payload["action"] for got in world.heard() if got.event == "pull_request"]


def test_opening_tells_the_app_everything(world: World, clone: Clone, pull: int) -> None:
    opened = world.told("pull_request", "opened")[0]
    assert opened["number"] == pull
    assert opened["pull_request"]["head"]["sha"] == clone("rev-parse", "HEAD")
    assert opened["pull_request"]["head"]["repo"]["id"] == world.repository_id
    assert opened["pull_request"]["base"]["ref"] == "main"
    assert (opened["pull_request"]["draft"], opened["pull_request"]["merged"]) == (False, False)
    assert opened["sender"]["login"] == "writer"


def test_a_pushed_head_is_told_as_synchronize(world: World, clone: Clone, pull: int) -> None:
    before = clone("rev-parse", "HEAD")
    after = clone.push("More", "topic", README="again\n")
    told = world.told("pull_request", "synchronize")[0]
    assert (told["before"], told["after"]) == (before, after)
    assert told["pull_request"]["head"]["sha"] == after
    assert [got.event for got in world.heard()][-3:] == ["push", "check_suite", "pull_request"]
    assert clone("ls-remote", "origin", f"refs/pull/{pull}/head").startswith(after)


@pytest.mark.parametrize(("method", "parents"), [("merge", 2), ("squash", 1)])
def test_merging_writes_the_commit_and_tells_both(
    world: World, clone: Clone, pull: int, method: str, parents: int
) -> None:
    github_pull = world.github("writer").get_repo(NAME).get_pull(pull)
    assert github_pull.mergeable
    merged = github_pull.merge(merge_method=method)
    assert merged.merged
    clone("fetch", "--quiet", "origin")
    assert clone("rev-parse", "origin/main") == merged.sha
    assert len(clone("show", "-s", "--format=%P", merged.sha).split()) == parents
    assert clone("show", f"{merged.sha}:README") == "hello\nworld"
    closed = world.told("pull_request", "closed")[0]["pull_request"]
    assert (closed["merged"], closed["merge_commit_sha"]) == (True, merged.sha)
    assert closed["merged_by"]["login"] == "writer"
    pushed = world.told("push")[-1]
    assert (pushed["ref"], pushed["after"]) == ("refs/heads/main", merged.sha)
    found = world.bot().get_commit(merged.sha).get_pulls()
    assert [one.number for one in found] == [pull]
    assert github_pull.is_merged()


@pytest.mark.usefixtures("pull")
def test_a_push_that_brings_the_head_in_merges(world: World, clone: Clone) -> None:
    head = clone("rev-parse", "HEAD")
    clone("push", "--quiet", "origin", "HEAD:main")
    closed = world.told("pull_request", "closed")[0]["pull_request"]
    assert (closed["merged"], closed["merge_commit_sha"]) == (True, head)


def test_conflicts_cannot_be_merged(world: World, clone: Clone, pull: int) -> None:
    clone("checkout", "--quiet", "main")
    clone.push("Else", README="something else\n")
    github_pull = world.github("owner").get_repo(NAME).get_pull(pull)
    assert github_pull.mergeable is False
    with pytest.raises(GithubException) as refused:
        github_pull.merge()
    assert refused.value.status == 405


def test_a_head_that_moved_is_not_merged_unseen(world: World, clone: Clone, pull: int) -> None:
    seen = clone("rev-parse", "HEAD")
    clone.push("More", "topic", README="again\n")
    answer = world.rest("PUT", world.repo(f"/pulls/{pull}/merge"), "writer", json={"sha": seen})
    assert answer.status_code == 409
    assert (
        world.rest("PUT", world.repo(f"/pulls/{pull}/merge"), "reader", json={}).status_code == 403
    )


def test_its_life_is_told_step_by_step(world: World, clone: Clone, pull: int) -> None:
    github_pull = world.github("writer").get_repo(NAME).get_pull(pull)
    github_pull.edit(title="Say much more")
    github_pull.edit(state="closed")
    github_pull.edit(state="open")
    clone("push", "--quiet", "origin", ":topic")
    assert actions(world) == ["opened", "edited", "closed", "reopened", "closed"]
    assert world.told("pull_request", "edited")[0]["changes"] == {"title": {"from": "Say more"}}
    refused = world.rest("PATCH", world.repo(f"/pulls/{pull}"), "writer", json={"state": "open"})
    assert refused.status_code == 422


def test_a_draft_becomes_ready(world: World, clone: Clone) -> None:
    clone("checkout", "--quiet", "-b", "topic")
    clone.push("Draft", "topic")
    body = {"title": "T", "head": "topic", "base": "main", "draft": True}
    opened = world.rest("POST", world.repo("/pulls"), "writer", json=body).json()
    assert opened["draft"]
    path = world.repo(f"/pulls/{opened['number']}")
    merged = world.rest("PUT", f"{path}/merge", "writer", json={})
    assert merged.status_code == 405
    world.rest("PATCH", path, "writer", json={"draft": False})
    assert actions(world) == ["opened", "ready_for_review"]
    assert [violation.message for violation in world.judge.violations] == ["unknown field draft"]
    world.judge.violations.clear()


@pytest.mark.usefixtures("clone", "pull")
def test_nonsense_cannot_be_opened(world: World) -> None:
    for body in (
        {"title": "T", "head": "topic", "base": "main"},
        {"title": "T", "head": "nowhere", "base": "main"},
        {"title": "T", "head": "main", "base": "main"},
        {"title": "T", "head": "stranger:topic", "base": "main"},
    ):
        assert world.rest("POST", world.repo("/pulls"), "writer", json=body).status_code == 422
    refused = world.rest(
        "POST", world.repo("/pulls"), "reader", json={"title": "T", "head": "topic", "base": "main"}
    )
    assert refused.status_code == 403
    assert actions(world) == ["opened"]


def test_a_fork_can_be_offered_and_followed(world: World, clone: Clone, tmp_path: Path) -> None:
    fork = world.rest("POST", world.repo("/forks"), "outsider", json={}).json()
    assert (fork["full_name"], fork["fork"]) == ("outsider/shop", True)
    away = Clone(world, tmp_path / "away", "outsider")
    away("remote", "set-url", "origin", world.clone_url("outsider").replace(NAME, "outsider/shop"))
    away("fetch", "--quiet", "origin")
    away("checkout", "--quiet", "-b", "idea", "origin/main")
    away.push("Idea", "idea", IDEA="idea\n")
    body = {"title": "Idea", "head": "outsider:idea", "base": "main"}
    opened = world.rest("POST", world.repo("/pulls"), "outsider", json=body).json()
    head = away.push("Better", "idea", IDEA="better\n")
    told = world.told("pull_request", "synchronize")[0]["pull_request"]
    assert (told["head"]["sha"], told["head"]["repo"]["full_name"]) == (head, "outsider/shop")
    compared = world.rest("GET", world.repo("/compare/main...outsider:idea")).json()
    assert (compared["ahead_by"], compared["files"][0]["filename"]) == (2, "IDEA")
    clone("fetch", "--quiet", "origin", f"refs/pull/{opened['number']}/head")
    assert clone("rev-parse", "FETCH_HEAD") == head


def test_lists_commits_files_and_reviews(world: World, clone: Clone, pull: int) -> None:
    repository = world.bot()
    seen = repository.get_pull(pull)
    assert [commit.commit.message for commit in seen.get_commits()] == ["Say more"]
    assert [(file.filename, file.patch) for file in seen.get_files()] == [
        ("README", "@@ -1 +1,2 @@\n hello\n+world")
    ]
    world.github("reader").get_repo(NAME).get_pull(pull).create_review(event="APPROVE")
    reviews = [(one.user.login, one.state, one.commit_id) for one in seen.get_reviews()]
    assert reviews == [("reader", "APPROVED", clone("rev-parse", "HEAD"))]
    assert [one.number for one in repository.get_pulls(head="acme:topic")] == [pull]
    assert list(repository.get_pulls(state="closed")) == []
    own = world.rest(
        "POST", world.repo(f"/pulls/{pull}/reviews"), "writer", json={"event": "APPROVE"}
    )
    assert own.status_code == 422
