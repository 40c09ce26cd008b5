"""Files and folders at a commit: read, and written as a commit would."""

from __future__ import annotations

import base64
import binascii
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from localcloud.github import pulls, pushes, trees
from localcloud.github.exchange import Ask, Reply
from localcloud.github.git import ZERO, Draft, GitError, Signature
from localcloud.github.problems import Problem, not_found, unreadable
from localcloud.github.routing import Routes
from localcloud.github.shapes import commits
from localcloud.github.shapes.repositories import api, page

if TYPE_CHECKING:
    from localcloud.github.shapes.people import Json
    from localcloud.github.trees import Entry

routes = Routes("contents")

LARGEST_INLINE = 1024 * 1024
"""Above 1 MB the content is left out: https://docs.github.com/rest/repos/contents."""


class Author(msgspec.Struct):
    """Who a commit names."""

    name: str
    email: str
    date: str | None = None


class PutFile(msgspec.Struct):
    """The body that writes a file; `content` is base64, `sha` the blob to be replaced."""

    message: str
    content: str
    sha: str | None = None
    branch: str | None = None
    author: Author | None = None
    committer: Author | None = None


@routes.get("/repos/{owner}/{repo}/contents/{path}", also="/repos/{owner}/{repo}/contents")
def get_content(ask: Ask, path: str) -> Reply:
    """Tell about a file with its content, or list a folder."""
    ref = ask.query("ref") or ask.repository.default_branch
    sha = ask.sha(ref)
    entry = trees.entry_at(ask.git, sha, path)
    if entry is None:
        raise not_found()
    if entry.type == "tree":
        return _folder(ask, entry, ref)
    entry = trees.followed(ask.git, sha, entry)
    if ".raw" in ask.request.headers.get("Accept", ""):
        raw = ask.git.blob(entry.sha)
        return Reply(raw, headers={"Content-Type": "application/vnd.github.raw; charset=utf-8"})
    return Reply(_file(ask, entry, ref))


@routes.put("/repos/{owner}/{repo}/contents/{path}")
def put_content(ask: Ask, path: str) -> Reply:
    """Write one file to a branch in a commit of its own."""
    body = ask.read(PutFile)
    branch = body.branch or ask.repository.default_branch
    before = ask.git.refs()
    parent = before.get(f"refs/heads/{branch}")
    if parent is None and before:
        raise Problem(404, f"Branch {branch} not found")
    known = trees.entry_at(ask.git, parent, path) if parent else None
    _same_blob(path, known, body.sha)
    sha = _commit(ask, path, body, parent)
    ask.git.set_ref(f"refs/heads/{branch}", sha, parent or ZERO)
    moved = pushes.moves(before, ask.git.refs())
    pushes.follow(ask.site, ask.repository, moved, ask.actor.login)
    return _written(ask, path, sha, 200 if known else 201)


def _same_blob(path: str, known: Entry | None, sha: str | None) -> None:
    if known and sha is None:
        raise Problem(422, unreadable('"sha" wasn\'t supplied.'))
    if (known.sha if known else None) != sha:
        raise Problem(409, f"{path} does not match {sha}")


def _commit(ask: Ask, path: str, body: PutFile, parent: str | None) -> str:
    try:
        content = base64.b64decode(re.sub(r"\s", "", body.content), validate=True)
        tree = trees.with_file(ask.git, parent, path, content)
    except binascii.Error:
        raise Problem(422, "content is not valid Base64") from None
    except GitError:
        raise Problem(422, "path contains a malformed path component") from None
    author = signature(ask, body.author)
    committer = signature(ask, body.committer) if body.committer else _web_flow()
    parents = (parent,) if parent else ()
    return ask.git.write_commit(Draft(tree, parents, body.message, author, committer))


def signature(ask: Ask, author: Author | None = None) -> Signature:
    """Sign as the body says, else as the caller under GitHub's no-reply address."""
    moment = int(time.time())
    if author:
        return Signature(author.name, author.email, moment)
    login = ask.actor.login
    user = ask.site.user(login)
    email = f"{user.id if user else 0}+{login}@users.noreply.github.com"
    return Signature(login, email, moment)


def _web_flow() -> Signature:
    return Signature(*pulls.WEB_FLOW, at=int(time.time()))


def _written(ask: Ask, path: str, sha: str, status: int) -> Reply:
    entry = trees.entry_at(ask.git, sha, path)
    if entry is None:
        raise not_found()
    told = commits.git_commit(ask.site, ask.repository, ask.git.commit(sha))
    return Reply({"content": _listed(ask, entry, sha), "commit": told}, status)


def _folder(ask: Ask, folder: Entry, ref: str) -> Reply:
    start = f"{folder.path}/" if folder.path else ""
    inside = [
        replace(entry, path=start + entry.path) for entry in trees.entries(ask.git, folder.sha)
    ]
    return Reply([_listed(ask, entry, ref) for entry in inside])


def _listed(ask: Ask, entry: Entry, ref: str) -> Json:
    kind = {"tree": "dir", "commit": "submodule"}.get(entry.type, "file")
    url, html = api(ask.site, ask.repository), page(ask.site, ask.repository)
    links = {
        "self": f"{url}/contents/{entry.path}?ref={ref}",
        "git": f"{url}/git/{entry.type}s/{entry.sha}",
        "html": f"{html}/{'tree' if kind == 'dir' else 'blob'}/{ref}/{entry.path}",
    }
    return {
        "type": kind,
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": links["self"],
        "html_url": links["html"],
        "git_url": links["git"],
        "download_url": f"{html}/raw/{ref}/{entry.path}" if kind == "file" else None,
        "_links": links,
    }


def _file(ask: Ask, entry: Entry, ref: str) -> Json:
    listed = _listed(ask, entry, ref)
    if entry.type == "commit":
        return listed | {"submodule_git_url": ""}
    if entry.mode == trees.SYMLINK:
        return listed | {"type": "symlink", "target": ask.git.blob(entry.sha).decode()}
    if (entry.size or 0) > LARGEST_INLINE:
        return listed | {"content": "", "encoding": "none"}
    content = base64.encodebytes(ask.git.blob(entry.sha)).decode()
    return listed | {"content": content, "encoding": "base64"}
