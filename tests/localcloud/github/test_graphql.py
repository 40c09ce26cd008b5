"""What GraphQL tells is what REST tells; what it does not serve is said aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.localcloud.github.asking import HERE, INSIDE, OWNER, ask, inside
from tests.localcloud.github.world import NAME

if TYPE_CHECKING:
    from tests.localcloud.github.world import Clone, World

Json = dict[str, Any]


PULL = """
  databaseId nameWithOwner isPrivate
  pullRequest(number: 1) {
    number title state isDraft merged headRefOid headRefName baseRefName baseRefOid
    author { __typename login } mergeCommit { oid }
    headRef { name prefix target { oid } } headRepository { databaseId }
    baseRepository { databaseId defaultBranchRef { name } }
    commits(last: 1) { totalCount nodes { commit { oid tree { oid } } } }
  }"""


def as_graphql(told: Json, tree: str) -> Json:
    """What GraphQL has to say of an open pull request that REST tells of."""
    head, base, author = told["head"], told["base"], told["user"]
    branch = {"name": head["ref"], "prefix": "refs/heads/", "target": {"oid": head["sha"]}}
    newest = {"commit": {"oid": head["sha"], "tree": {"oid": tree}}}
    default = {"name": base["repo"]["default_branch"]}
    return {
        "number": told["number"],
        "title": told["title"],
        "state": told["state"].upper(),
        "isDraft": told["draft"],
        "merged": told["merged"],
        "headRefOid": head["sha"],
        "headRefName": head["ref"],
        "baseRefName": base["ref"],
        "baseRefOid": base["sha"],
        "author": {"__typename": author["type"], "login": author["login"]},
        "mergeCommit": None,
        "headRef": branch,
        "headRepository": {"databaseId": head["repo"]["id"]},
        "baseRepository": {"databaseId": base["repo"]["id"], "defaultBranchRef": default},
        "commits": {"totalCount": told["commits"], "nodes": [newest]},
    }


def test_a_pull_request_is_the_one_that_rest_tells_of(
    world: World, clone: Clone, pull: int
) -> None:
    head = clone("rev-parse", "HEAD")
    seen = inside(world, PULL)
    told = world.rest("GET", world.repo(f"/pulls/{pull}")).json()
    tree = world.rest("GET", world.repo(f"/git/commits/{head}")).json()["tree"]["sha"]
    repository = told["base"]["repo"]
    assert told["head"]["sha"] == head
    assert (seen["databaseId"], seen["nameWithOwner"]) == (repository["id"], NAME)
    assert seen["isPrivate"] is repository["private"]
    assert seen["pullRequest"] == as_graphql(told, tree)


def test_a_merged_one_has_its_commit_and_its_branch_may_be_gone(world: World, pull: int) -> None:
    merged = world.rest("PUT", world.repo(f"/pulls/{pull}/merge"), "writer", json={}).json()
    world.rest("DELETE", world.repo("/git/refs/heads/topic"), "writer")
    fields = (
        "pullRequest(number: 1) { state merged headRefName headRef { name } mergeCommit { oid } }"
    )
    assert inside(world, fields)["pullRequest"] == {
        "state": "MERGED",
        "merged": True,
        "headRefName": "topic",
        "headRef": None,
        "mergeCommit": {"oid": merged["sha"]},
    }


def test_reviews_are_those_of_rest_and_pending_ones_are_their_authors(
    world: World, pull: int
) -> None:
    path = world.repo(f"/pulls/{pull}/reviews")
    world.rest("POST", path, "reader", json={"event": "APPROVE"})
    world.rest("POST", path, "owner", json={"event": "REQUEST_CHANGES", "body": "No."})
    world.rest("POST", path, "reader", json={"body": "Not yet."})
    fields = """pullRequest(number: 1) { reviews(first: 100) { totalCount nodes {
        state submittedAt author { login } commit { oid } authorCanPushToRepository } } }"""
    for login in ("reader", "writer", ""):
        headers = {} if login else world.as_installation()
        told = world.rest("GET", path, login, headers=headers).json()
        seen = inside(world, fields, login)["pullRequest"]["reviews"]
        assert seen["totalCount"] == len(told) == (3 if login == "reader" else 2)
        assert [
            (one["state"], one["author"]["login"], one["commit"]["oid"]) for one in seen["nodes"]
        ] == [(one["state"], one["user"]["login"], one["commit_id"]) for one in told]
    may = {one["author"]["login"]: one["authorCanPushToRepository"] for one in seen["nodes"]}
    assert may == {"reader": False, "owner": True}


def test_checks_and_statuses_are_those_of_rest(world: World, clone: Clone, pull: int) -> None:
    bot, head = world.bot(), clone("rev-parse", "HEAD")
    bot.create_check_run("unit", head, conclusion="failure")
    bot.create_check_run("unit", head, conclusion="success")
    bot.create_check_run("lint", head, status="in_progress")
    for state, context in (("pending", "ci/a"), ("success", "ci/a"), ("error", "ci/b")):
        bot.get_commit(head).create_status(state, context=context)
    fields = """object(oid: $head) { ... on Commit {
        oid status { state contexts { context state } }
        associatedPullRequests(first: 5) { nodes { number } }
        checkSuites(first: 10) { totalCount nodes { databaseId status app { databaseId slug }
          latest: checkRuns(first: 9, filterBy: {checkType: LATEST}) { ...runs }
          all: checkRuns(first: 9, filterBy: {checkType: ALL}) { ...runs }
          named: checkRuns(first: 9, filterBy: {checkName: "lint"}) { ...runs } } } } }"""
    runs = "fragment runs on CheckRunConnection { nodes { databaseId name status conclusion } }"
    query = INSIDE % (", $head: GitObjectID!", fields) + runs
    seen = ask(world, query, **HERE, head=head)["data"]["repository"]["object"]
    (suite,) = seen["checkSuites"]["nodes"]
    commit = world.repo(f"/commits/{head}")
    (told,) = world.rest("GET", f"{commit}/check-suites").json()["check_suites"]
    assert (suite["databaseId"], suite["status"]) == (told["id"], told["status"].upper())
    assert suite["app"] == {"databaseId": told["app"]["id"], "slug": told["app"]["slug"]}
    for kind, asked in (("latest", ""), ("all", "?filter=all"), ("named", "?check_name=lint")):
        listed = world.rest("GET", f"{commit}/check-runs{asked}").json()["check_runs"]
        assert {tuple(one.values()) for one in suite[kind]["nodes"]} == {
            (
                one["id"],
                one["name"],
                one["status"].upper(),
                one["conclusion"] and one["conclusion"].upper(),
            )
            for one in listed
        }
    combined = world.rest("GET", f"{commit}/status").json()
    assert seen["status"]["state"] == combined["state"].upper() == "FAILURE"
    assert [(one["context"], one["state"].lower()) for one in seen["status"]["contexts"]] == [
        (one["context"], one["state"]) for one in combined["statuses"]
    ]
    assert seen["associatedPullRequests"]["nodes"] == [{"number": pull}]


def test_a_commit_that_nobody_spoke_of_has_no_status(world: World, clone: Clone) -> None:
    fields = "defaultBranchRef { target { oid ... on Commit { status { state } } } }"
    head = clone("rev-parse", "HEAD")
    assert inside(world, fields)["defaultBranchRef"]["target"] == {"oid": head, "status": None}


@pytest.mark.parametrize("status", ["IDENTICAL", "AHEAD", "BEHIND", "DIVERGED"])
def test_a_comparison_is_that_of_rest(world: World, clone: Clone, status: str) -> None:
    clone("push", "--quiet", "origin", "HEAD:refs/heads/topic")
    if status in ("BEHIND", "DIVERGED"):
        clone.push("On main", "main", README="main\n")
        clone("reset", "--quiet", "--hard", "HEAD~")
    if status in ("AHEAD", "DIVERGED"):
        clone.push("On topic", "topic", other="one\n")
        clone.push("More on topic", "topic", other="two\n")
    head = clone("rev-parse", "HEAD")
    fields = """ref(qualifiedName: "refs/heads/main") { compare(headRef: $head) {
        status aheadBy behindBy baseTarget { oid } headTarget { oid }
        commits(first: 100) { totalCount nodes { oid } } } }"""
    told = world.rest("GET", world.repo(f"/compare/main...{head}")).json()
    assert told["status"] == status.lower()
    for named in (head, "topic", "refs/heads/topic", head[:10]):
        assert inside(world, fields, more=", $head: String!", head=named)["ref"]["compare"] == {
            "status": status,
            "aheadBy": told["ahead_by"],
            "behindBy": told["behind_by"],
            "baseTarget": {"oid": told["base_commit"]["sha"]},
            "headTarget": {"oid": head},
            "commits": {
                "totalCount": told["total_commits"],
                "nodes": [{"oid": one["sha"]} for one in told["commits"]],
            },
        }


def test_a_head_that_is_not_of_this_repository_is_not_compared(world: World, clone: Clone) -> None:
    world.rest("POST", world.repo("/forks"), "reader")
    clone("remote", "add", "fork", world.clone_url("reader").replace(OWNER, "reader"))
    head = clone.commit("From outside", README="mine\n")
    clone("push", "--quiet", "fork", "HEAD:refs/heads/theirs")
    body = {"title": "Theirs", "head": "reader:theirs", "base": "main"}
    pull = world.rest("POST", world.repo("/pulls"), "reader", json=body).json()
    fields = """defaultBranchRef { compare(headRef: $head) { status } }
        pullRequest(number: 1) { headRefOid headRef { name } headRepository { databaseId } }"""
    for named in (head, "nobody", "0" * 40, ""):
        seen = inside(world, fields, more=", $head: String!", head=named)
        assert seen["defaultBranchRef"]["compare"] is None
    assert seen["pullRequest"] == {
        "headRefOid": head,
        "headRef": {"name": "theirs"},
        "headRepository": {"databaseId": pull["head"]["repo"]["id"]},
    }


def test_a_permission_is_that_of_rest(world: World) -> None:
    token = world.as_installation()
    for login in ("owner", "writer", "reader"):
        path = world.repo(f"/collaborators/{login}/permission")
        told = world.rest("GET", path, headers=token).json()
        assert held(world, login.upper()) == {login: told["permission"].upper()}


def test_who_was_never_let_in_is_no_collaborator(world: World) -> None:
    assert held(world, "outsider") == held(world, "nobody") == {}
    assert list(held(world, "r")) == ["owner", "reader", "writer"]


def held(world: World, login: str) -> dict[str, str]:
    fields = """collaborators(query: $who, first: 10) {
        totalCount edges { permission node { login } } }"""
    seen = inside(world, fields, more=", $who: String!", who=login)["collaborators"]
    assert seen["totalCount"] == len(seen["edges"])
    return {one["node"]["login"]: one["permission"] for one in seen["edges"]}
