from __future__ import annotations

from typing import TYPE_CHECKING

from tests.localcloud.github.world import NAME

if TYPE_CHECKING:
    from tests.localcloud.github.world import World


def test_a_comment_reaches_the_app_with_its_pull_request(world: World, pull: int) -> None:
    issue = world.github("owner").get_repo(NAME).get_issue(pull)
    comment = issue.create_comment("/deploy prod")
    comment.edit("/deploy staging")
    comment.delete()
    created, edited, deleted = (
        world.told("issue_comment", action)[0] for action in ("created", "edited", "deleted")
    )
    assert created["comment"]["body"] == "/deploy prod"
    assert created["issue"]["number"] == pull
    assert created["issue"]["pull_request"]["url"].endswith(f"/pulls/{pull}")
    assert created["sender"]["login"] == "owner"
    assert edited["changes"] == {"body": {"from": "/deploy prod"}}
    assert deleted["comment"]["id"] == created["comment"]["id"]


def test_a_bots_comment_says_that_an_app_wrote_it(world: World, pull: int) -> None:
    world.bot().get_issue(pull).create_comment("on its way")
    told = world.told("issue_comment", "created")[0]
    assert told["comment"]["performed_via_github_app"]["id"] == world.app.id
    assert (told["sender"]["login"], told["sender"]["type"]) == ("spillway[bot]", "Bot")


def test_an_issue_is_no_pull_request(world: World) -> None:
    issue = world.rest("POST", world.repo("/issues"), "reader", json={"title": "Help"}).json()
    world.github("reader").get_repo(NAME).get_issue(issue["number"]).create_comment("please")
    assert "pull_request" not in world.told("issue_comment", "created")[0]["issue"]


def test_comments_are_listed_in_pages_and_since(world: World, pull: int) -> None:
    issue = world.bot().get_issue(pull)
    for number in range(5):
        issue.create_comment(f"comment {number}")
    path = world.repo(f"/issues/{pull}/comments?per_page=2")
    first = world.rest("GET", path)
    assert [one["body"] for one in first.json()] == ["comment 0", "comment 1"]
    assert first.links.keys() == {"next", "last"}
    last = world.rest("GET", first.links["last"]["url"])
    assert [one["body"] for one in last.json()] == ["comment 4"]
    assert last.links.keys() == {"prev", "first"}
    future = {"since": "2999-01-01T00:00:00Z"}
    assert world.rest("GET", world.repo(f"/issues/{pull}/comments"), params=future).json() == []


def test_only_authors_and_writers_change_a_comment(world: World, pull: int) -> None:
    comment = world.github("owner").get_repo(NAME).get_issue(pull).create_comment("mine")
    path = world.repo(f"/issues/comments/{comment.id}")
    assert world.rest("PATCH", path, "reader", json={"body": "no"}).status_code == 403
    assert world.rest("DELETE", path, "outsider").status_code == 403
    assert world.rest("PATCH", path, "writer", json={"body": "yes"}).json()["body"] == "yes"


def test_a_comment_has_its_limits(world: World, pull: int) -> None:
    path = world.repo(f"/issues/{pull}/comments")
    assert world.rest("POST", path, "owner", json={"body": "x" * 65_536}).status_code == 201
    refused = world.rest("POST", path, "owner", json={"body": "x" * 65_537})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body")
    assert world.rest("POST", path, "owner", json={"body": ""}).status_code == 422
    assert world.rest("POST", path, "owner", data="{").status_code == 400
    assert [violation.where for violation in world.judge.violations] == ["request"]
    world.judge.violations.clear()
    assert (
        world.rest(
            "POST", world.repo("/issues/99/comments"), "owner", json={"body": "x"}
        ).status_code
        == 404
    )
    assert len(world.told("issue_comment", "created")) == 1


def test_reacting_twice_is_reacting_once(world: World, pull: int) -> None:
    comment = world.bot().get_issue(pull).create_comment("look")
    path = world.repo(f"/issues/comments/{comment.id}/reactions")
    bot = world.as_installation()
    first = world.rest("POST", path, headers=bot, json={"content": "eyes"})
    again = world.rest("POST", path, headers=bot, json={"content": "eyes"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    comment.create_reaction("rocket")
    assert [one.content for one in comment.get_reactions()] == ["eyes", "rocket"]
    assert world.rest("DELETE", f"{path}/{first.json()['id']}", "owner").status_code == 403
    comment.delete_reaction(first.json()["id"])
    assert [one.content for one in comment.get_reactions()] == ["rocket"]
    told = world.rest("GET", world.repo(f"/issues/comments/{comment.id}")).json()
    assert (told["reactions"]["rocket"], told["reactions"]["eyes"]) == (1, 0)
