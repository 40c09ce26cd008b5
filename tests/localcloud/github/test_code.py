from __future__ import annotations

import base64
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
import requests

from tests.localcloud.github.asking import inside
from tests.localcloud.github.world import NAME

if TYPE_CHECKING:
    from github.Repository import Repository

    from tests.localcloud.github.world import Clone, World


def text(repository: Repository, path: str, ref: str = "main") -> bytes:
    found = repository.get_contents(path, ref=ref)
    assert not isinstance(found, list)
    return found.decoded_content


def paths(repository: Repository, path: str) -> list[str]:
    found = repository.get_contents(path)
    assert isinstance(found, list)
    return [entry.path for entry in found]


def compared(world: World, basehead: str) -> tuple[str, int, int, list[str]]:
    told = world.rest("GET", world.repo(f"/compare/{basehead}")).json()
    files = [file["filename"] for file in told["files"]]
    return told["status"], told["ahead_by"], told["behind_by"], files


@pytest.mark.usefixtures("pull")
def test_comparing_tells_who_is_ahead(world: World, clone: Clone) -> None:
    assert compared(world, "main...main") == ("identical", 0, 0, [])
    assert compared(world, "main...topic") == ("ahead", 1, 0, ["README"])
    assert compared(world, "topic...main") == ("behind", 0, 1, [])
    clone("checkout", "--quiet", "main")
    clone.push("Main goes on", OTHER="x\n")
    assert compared(world, "main...topic") == ("diverged", 1, 1, ["README"])
    assert world.rest("GET", world.repo("/compare/main...nowhere")).status_code == 404
    assert world.bot().compare("main", "topic").ahead_by == 1


def test_unrelated_histories_cannot_be_compared(world: World, clone: Clone) -> None:
    clone("checkout", "--quiet", "--orphan", "island")
    clone.push("Island", "island")
    assert world.rest("GET", world.repo("/compare/main...island")).status_code == 404


def test_a_comparison_lists_at_most_300_files_on_its_first_page(world: World, clone: Clone) -> None:
    clone("checkout", "--quiet", "-b", "wide")
    clone.commit("Narrow")
    clone.push("Wide", "wide", **{f"f{number:03}": "x" for number in range(301)})
    path = world.repo("/compare/main...wide")
    first = world.rest("GET", path, params={"per_page": 1})
    assert (len(first.json()["files"]), len(first.json()["commits"])) == (300, 1)
    second = world.rest("GET", first.links["next"]["url"]).json()
    assert (second["files"], [one["commit"]["message"] for one in second["commits"]]) == (
        [],
        ["Wide"],
    )


def test_renames_and_binaries_are_told(world: World, clone: Clone) -> None:
    (clone.folder / "blob").write_bytes(bytes(range(256)))
    clone.push("Blob", long="".join(f"line {number}\n" for number in range(50)))
    clone("mv", "long", "longer")
    clone("rm", "--quiet", "blob")
    sha = clone.push("Move")
    files = {file.filename: file for file in world.bot().get_commit(sha).files}
    assert (files["longer"].status, files["longer"].previous_filename) == ("renamed", "long")
    assert files["blob"].status == "removed"
    assert not files["blob"].patch


def test_contents_of_files_and_folders(world: World, clone: Clone) -> None:
    bot = world.bot()
    first = clone("rev-parse", "HEAD")
    clone.push("Two", README="two\n")
    assert text(bot, "README") == b"two\n"
    assert text(bot, "README", first) == b"hello\n"
    assert paths(bot, "") == ["README", "src"]
    assert paths(bot, "src") == ["src/app"]
    raw = {"Accept": "application/vnd.github.raw"}
    assert world.rest("GET", world.repo("/contents/src/app"), headers=raw).content == b"one\n"
    for path in ("nothing", "src/nothing", "*", "--help"):
        assert world.rest("GET", world.repo(f"/contents/{path}")).status_code == 404
    assert world.rest("GET", world.repo("/contents/README?ref=--help")).status_code == 404


def test_writing_a_file_is_a_push(world: World, clone: Clone) -> None:
    repository = world.github("writer").get_repo(NAME)
    made = repository.create_file("docs/new.md", "Say new", "new\n", branch="main")
    assert world.told("push")[-1]["after"] == made["commit"].sha
    assert world.told("push")[-1]["commits"][0]["added"] == ["docs/new.md"]
    repository.update_file("docs/new.md", "Say newer", "newer\n", made["content"].sha)
    clone("pull", "--quiet", "origin", "main")
    assert (clone.folder / "docs/new.md").read_text() == "newer\n"
    content = base64.b64encode(b"x").decode()
    body = {"message": "No", "content": content}
    path = world.repo("/contents/docs/new.md")
    assert world.rest("PUT", path, "writer", json=body).status_code == 422
    stale = body | {"sha": made["content"].sha}
    assert world.rest("PUT", path, "writer", json=stale).status_code == 409
    assert world.rest("PUT", path, "reader", json=stale).status_code == 403
    inside_git = world.rest("PUT", world.repo("/contents/.git/config"), "writer", json=body)
    assert inside_git.status_code == 422


def test_the_first_file_starts_an_empty_repository(world: World) -> None:
    repository = world.github("owner").get_repo(NAME)
    repository.create_file("README.md", "Start", "hello\n")
    assert world.told("push")[-1]["created"]
    assert repository.get_branch("main").commit.commit.message == "Start"


def test_refs_trees_and_commits(world: World, clone: Clone) -> None:
    head = clone("rev-parse", "HEAD")
    bot, people = world.bot(), world.github("writer").get_repo(NAME)
    assert bot.get_git_ref("heads/main").object.sha == head
    made = people.create_git_ref("refs/heads/feat/x", head)
    assert bot.get_branch("feat/x").commit.sha == head
    assert [one.name for one in bot.get_branches()] == ["feat/x", "main"]
    assert world.rest("GET", world.repo("/commits/feat/x")).json()["sha"] == head
    assert world.rest("GET", world.repo("/commits/feat/x/status")).json()["sha"] == head
    tree = bot.get_git_tree("main", recursive=True)
    assert [entry.path for entry in tree.tree] == ["README", "src", "src/app"]
    assert bot.get_git_commit(head).tree.sha == tree.sha
    newer = clone.push("Two")
    made.edit(newer)
    backwards = {"sha": head}
    path = world.repo("/git/refs/heads/feat/x")
    assert world.rest("PATCH", path, "writer", json=backwards).status_code == 422
    made.delete()
    assert world.rest("GET", world.repo("/git/ref/heads/feat/x")).status_code == 404
    assert [commit.sha for commit in bot.get_commits()] == [newer, head]
    assert [ref.ref for ref in bot.get_git_matching_refs("heads/")] == ["refs/heads/main"]


def test_the_repository_is_found_by_name_and_by_id(world: World) -> None:
    by_name = world.rest("GET", "/repos/ACME/Shop").json()
    by_id = world.rest("GET", f"/repositories/{world.repository_id}").json()
    enterprise = world.rest("GET", f"/api/v3{world.repo()}").json()
    assert by_name["id"] == by_id["id"] == enterprise["id"] == world.repository_id
    assert by_name["clone_url"] == world.clone_url()
    assert world.rest("GET", f"/repositories/{world.repository_id}/pulls").json() == []


@pytest.mark.parametrize("ref", ["main", "", "sha"])
def test_the_tarball_has_githubs_top_folder(world: World, clone: Clone, ref: str) -> None:
    head = clone("rev-parse", "HEAD")
    path = world.repo(f"/tarball/{head if ref == 'sha' else ref}".rstrip("/"))
    redirect = world.rest("GET", path, "reader", allow_redirects=False)
    assert redirect.status_code == 302
    packed = requests.get(redirect.headers["Location"], timeout=10).content
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = archive.getnames()
        top = f"acme-shop-{head[:7]}"
        assert names == [top, f"{top}/README", f"{top}/src", f"{top}/src/app"]
    stale = redirect.headers["Location"].replace("token=", "token=x")
    assert requests.get(stale, timeout=10).status_code == 404
    assert [call.kind for call in world.gh.calls][-3:] == ["rest", "archive", "archive"]


def test_a_link_is_read_as_the_file_that_it_leads_to(world: World, clone: Clone) -> None:
    (clone.folder / "src" / "link").symlink_to("app")
    (clone.folder / "astray").symlink_to("../outside")
    clone.push("Links")
    followed = world.rest("GET", world.repo("/contents/src/link")).json()
    assert (followed["type"], base64.b64decode(followed["content"])) == ("file", b"one\n")
    shown = world.rest("GET", world.repo("/contents/astray")).json()
    assert (shown["type"], shown["target"]) == ("symlink", "../outside")
    files = " ".join(
        f'{name}: file(path: "{path}") {{ type mode object {{ __typename }} }}'
        for name, path in (("link", "astray"), ("folder", "src"), ("none", "nothing"))
    )
    fields = f'object(expression: "main") {{ ... on Commit {{ {files} }} }}'
    assert inside(world, fields)["object"] == {
        "link": {"type": "blob", "mode": 0o120000, "object": {"__typename": "Blob"}},
        "folder": {"type": "tree", "mode": 0o040000, "object": {"__typename": "Tree"}},
        "none": None,
    }
