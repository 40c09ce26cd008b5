"""Git's own objects: refs, commits, trees and blobs."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import msgspec

from localcloud.github import pushes, trees
from localcloud.github.exchange import Ask, Reply, created, no_content
from localcloud.github.git import GitError
from localcloud.github.problems import Problem, not_found
from localcloud.github.routing import Routes
from localcloud.github.shapes import commits, repositories
from localcloud.github.shapes.repositories import api

if TYPE_CHECKING:
    from localcloud.github.shapes.people import Json
    from localcloud.github.trees import Entry

routes = Routes("contents")

MOST_ENTRIES = 100_000
_PLURAL = {"tree": "trees", "blob": "blobs", "commit": "commits"}
_FULL_REF = re.compile(r"refs/(?:heads|tags)/[^\s~^:?*\[\\]+")


class CreateRef(msgspec.Struct):
    """The body that makes a ref; `ref` is its full name."""

    ref: str
    sha: str


class UpdateRef(msgspec.Struct):
    """The body that moves a ref."""

    sha: str
    force: bool = False


@routes.get("/repos/{owner}/{repo}/git/ref/{ref}")
def get_ref(ask: Ask, ref: str) -> Reply:
    """Tell where one ref points, such as `heads/main`."""
    return Reply(_shaped(ask, f"refs/{ref}"))


@routes.get("/repos/{owner}/{repo}/git/matching-refs/{ref}")
def list_matching_refs(ask: Ask, ref: str) -> Reply:
    """List the refs that begin so."""
    found = [name for name in sorted(ask.git.refs()) if name.startswith(f"refs/{ref}")]
    return ask.page(found, lambda name: _shaped(ask, name))


@routes.post("/repos/{owner}/{repo}/git/refs")
def create_ref(ask: Ask) -> Reply:
    """Make a branch or tag."""
    body = ask.read(CreateRef)
    before = ask.git.refs()
    if body.ref in before:
        raise Problem(422, "Reference already exists")
    _set(ask, body.ref, body.sha, before)
    return created(_shaped(ask, body.ref))


@routes.patch("/repos/{owner}/{repo}/git/refs/{ref}")
def update_ref(ask: Ask, ref: str) -> Reply:
    """Move a ref; backwards or sideways only by force."""
    body, name, before = ask.read(UpdateRef), f"refs/{ref}", ask.git.refs()
    if name not in before:
        raise Problem(422, "Reference does not exist")
    target = ask.git.resolve(body.sha)
    if target and not body.force and not ask.git.contains(target, before[name]):
        raise Problem(422, "Update is not a fast forward")
    _set(ask, name, body.sha, before)
    return Reply(_shaped(ask, name))


@routes.delete("/repos/{owner}/{repo}/git/refs/{ref}")
def delete_ref(ask: Ask, ref: str) -> Reply:
    """Remove a ref; the default branch stays."""
    before = ask.git.refs()
    if f"refs/{ref}" not in before or not ref.startswith(("heads/", "tags/")):
        raise Problem(422, "Reference does not exist")
    if ref == f"heads/{ask.repository.default_branch}":
        raise Problem(422, "Cannot delete the default branch")
    ask.git.delete_ref(f"refs/{ref}")
    _follow(ask, before)
    return no_content()


@routes.get("/repos/{owner}/{repo}/git/commits/{commit_sha}")
def get_commit(ask: Ask, commit_sha: str) -> Reply:
    """Tell about a commit as git holds it."""
    return Reply(commits.git_commit(ask.site, ask.repository, ask.commit(commit_sha)))


@routes.get("/repos/{owner}/{repo}/git/trees/{tree_sha}")
def get_tree(ask: Ask, tree_sha: str) -> Reply:
    """List a tree, named by its hash or by a commit or ref that holds it."""
    tree = ask.git.resolve(tree_sha, "tree")
    if tree is None:
        raise not_found()
    listed = trees.entries(ask.git, tree, recursive=bool(ask.query("recursive")))
    url = f"{api(ask.site, ask.repository)}/git"
    return Reply(
        {
            "sha": tree,
            "url": f"{url}/trees/{tree}",
            "tree": [_entry(url, entry) for entry in listed[:MOST_ENTRIES]],
            "truncated": len(listed) > MOST_ENTRIES,
        }
    )


@routes.get("/repos/{owner}/{repo}/git/blobs/{file_sha}")
def get_blob(ask: Ask, file_sha: str) -> Reply:
    """Hand a blob out, in base64."""
    sha = ask.git.resolve(file_sha, "blob")
    if sha is None:
        raise not_found()
    content = ask.git.blob(sha)
    return Reply(
        {
            "sha": sha,
            "node_id": f"B_{sha}",
            "url": f"{api(ask.site, ask.repository)}/git/blobs/{sha}",
            "content": base64.encodebytes(content).decode(),
            "encoding": "base64",
            "size": len(content),
        }
    )


def _entry(url: str, entry: Entry) -> Json:
    shaped = {"path": entry.path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
    sized = {"size": entry.size} if entry.size is not None else {}
    linked = {} if entry.type == "commit" else {"url": f"{url}/{_PLURAL[entry.type]}/{entry.sha}"}
    return shaped | sized | linked


def _shaped(ask: Ask, ref: str) -> Json:
    sha = ask.git.refs().get(ref)
    if sha is None:
        raise not_found()
    return repositories.git_ref(ask.site, ask.repository, ref, sha)


def _set(ask: Ask, ref: str, sha: str, before: dict[str, str]) -> None:
    target = ask.git.resolve(sha)
    if target is None:
        raise Problem(422, "Object does not exist")
    if not _FULL_REF.fullmatch(ref):
        raise Problem(422, f"{ref} is not a valid ref name.")
    try:
        ask.git.set_ref(ref, target)
    except GitError:
        raise Problem(422, f"{ref} is not a valid ref name.") from None
    _follow(ask, before)


def _follow(ask: Ask, before: dict[str, str]) -> None:
    moved = pushes.moves(before, ask.git.refs())
    pushes.follow(ask.site, ask.repository, moved, ask.actor.login)
