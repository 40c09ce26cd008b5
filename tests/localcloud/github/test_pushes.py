from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.localcloud.github.world import Clone, together

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localcloud.github.world import World

ZERO = "0" * 40


def test_a_push_sends_one_signed_webhook_with_githubs_fields(world: World, clone: Clone) -> None:
    before = clone("rev-parse", "HEAD")
    first = clone.commit("Two", README="two\n", extra="new\n")
    (clone.folder / "extra").unlink()
    second = clone.push("Three")
    got, asked_for = world.heard()[-2:]
    assert asked_for.told == ("check_suite", "requested")
    payload = got.payload
    assert (got.event, got.signed) == ("push", True)
    assert (payload["before"], payload["after"]) == (before, second)
    assert (payload["ref"], payload["created"], payload["forced"]) == (
        "refs/heads/main",
        False,
        False,
    )
    assert [commit["id"] for commit in payload["commits"]] == [first, second]
    assert payload["commits"][0]["added"] == ["extra"]
    assert payload["commits"][0]["modified"] == ["README"]
    assert payload["commits"][1]["removed"] == ["extra"]
    assert payload["head_commit"]["id"] == second
    assert payload["repository"]["full_name"] == "acme/shop"
    assert (payload["sender"]["login"], payload["pusher"]["name"]) == ("writer", "writer")
    assert payload["installation"]["id"] == world.installation


def test_webhook_headers_are_githubs(world: World, clone: Clone) -> None:
    clone.push("Two")
    headers = world.heard()[-1].headers
    assert headers["user-agent"].startswith("GitHub-Hookshot/")
    assert headers["x-github-hook-installation-target-type"] == "integration"
    assert headers["x-github-hook-installation-target-id"] == str(world.app.id)
    assert headers["x-github-hook-id"] == str(world.app.hook_id)
    guids = [got.headers["x-github-delivery"] for got in world.heard()]
    assert len(set(guids)) == len(guids)


def test_each_moved_ref_is_told_by_itself(world: World, clone: Clone) -> None:
    clone("tag", "v1")
    clone("push", "--quiet", "origin", "HEAD:refs/heads/a", "HEAD:refs/heads/b", "v1")
    told = {payload["ref"]: payload for payload in world.told("push")}
    assert told.keys() == {"refs/heads/main", "refs/heads/a", "refs/heads/b", "refs/tags/v1"}
    assert told["refs/heads/a"]["created"]
    assert told["refs/heads/a"]["commits"] == []
    assert told["refs/heads/a"]["head_commit"]["id"] == clone("rev-parse", "HEAD")


def test_forced_and_deleting_pushes_say_so(world: World, clone: Clone) -> None:
    clone.push("Two", "topic")
    clone("reset", "--quiet", "--hard", "HEAD~1")
    clone.commit("Other", README="other\n")
    clone("push", "--quiet", "--force", "origin", "HEAD:topic")
    clone("push", "--quiet", "origin", ":topic")
    forced, deleted = world.told("push")[-2:]
    assert (forced["forced"], forced["deleted"]) == (True, False)
    assert (deleted["deleted"], deleted["after"], deleted["head_commit"]) == (True, ZERO, None)


def test_pushes_at_the_same_time_are_each_told_once(
    world: World, clone: Clone, tmp_path: Path
) -> None:
    clones = [Clone(world, tmp_path / f"clone-{number}") for number in range(4)]
    together(*(lambda c=c, n=n: c.push("One", f"b{n}") for n, c in enumerate(clones)))
    refs = sorted(payload["ref"] for payload in world.told("push"))
    assert refs == ["refs/heads/b0", "refs/heads/b1", "refs/heads/b2", "refs/heads/b3",
                    "refs/heads/main"]  # fmt: skip
    assert clone("ls-remote", "origin").count("refs/heads/") == 5


def test_a_large_push_and_a_clone_of_it_arrive_whole(
    world: World, clone: Clone, tmp_path: Path
) -> None:
    (clone.folder / "big").write_bytes(hashlib.shake_256(b"big").digest(3_000_000))
    head = clone.push("Big")
    clone("clone", "--quiet", world.clone_url("reader"), str(tmp_path / "again"))
    assert (tmp_path / "again/big").read_bytes() == (clone.folder / "big").read_bytes()
    assert world.told("push")[-1]["after"] == head


def test_file_names_that_git_would_quote_arrive_whole(world: World, clone: Clone) -> None:
    names = ["한글 감정.txt", "line\nbreak", 'quo"te', "\x01start"]
    for name in names:
        (clone.folder / name).write_text("x")
    clone.push("Odd names")
    assert sorted(world.told("push")[-1]["commits"][0]["added"]) == sorted(names)


def test_pull_request_refs_can_be_fetched_and_not_pushed(clone: Clone, pull: int) -> None:
    head = clone("rev-parse", "HEAD")
    assert clone("ls-remote", "origin", f"refs/pull/{pull}/head").startswith(head)
    refused = clone("push", "origin", f"HEAD~1:refs/pull/{pull}/head", "--force", check=False)
    assert "hidden ref" in refused
    assert clone("ls-remote", "origin", f"refs/pull/{pull}/head").startswith(head)
