"""Commits, comparisons, changed files and trees in GitHub's shapes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from localcloud.github import diffs
from localcloud.github.shapes.people import Json, simple_user
from localcloud.github.shapes.repositories import api, page
from localcloud.github.times import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.github.git import Commit, Git, Signature
    from localcloud.github.records import Repository
    from localcloud.github.site import Site

UNSIGNED = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}
_NOREPLY = re.compile(r"(?:\d+\+)?(?P<login>[^@+]+)@users\.noreply\.github\.com")


def account(site: Site, signature: Signature) -> Json | None:
    """Find whose signature it is: by GitHub's no-reply address, else by name."""
    match = _NOREPLY.fullmatch(signature.email)
    user = site.user(match["login"] if match else signature.name)
    return simple_user(site, user.login) if user else None


def person(signature: Signature) -> Json:
    """Shape the author or committer that git holds."""
    return {"name": signature.name, "email": signature.email, "date": stamp(signature.at)}


def commit(site: Site, repository: Repository, held: Commit) -> Json:
    """Shape `commit`, without statistics and files."""
    url, html = api(site, repository), page(site, repository)
    return {
        "sha": held.sha,
        "node_id": f"C_{held.sha}",
        "commit": {
            "author": person(held.author),
            "committer": person(held.committer),
            "message": held.message,
            "tree": {"sha": held.tree, "url": f"{url}/git/trees/{held.tree}"},
            "url": f"{url}/git/commits/{held.sha}",
            "comment_count": 0,
            "verification": UNSIGNED,
        },
        "url": f"{url}/commits/{held.sha}",
        "html_url": f"{html}/commit/{held.sha}",
        "comments_url": f"{url}/commits/{held.sha}/comments",
        "author": account(site, held.author),
        "committer": account(site, held.committer),
        "parents": [
            {"sha": sha, "url": f"{url}/commits/{sha}", "html_url": f"{html}/commit/{sha}"}
            for sha in held.parents
        ],
    }


def detailed(site: Site, repository: Repository, held: Commit) -> Json:
    """Shape `commit` with statistics and files against its first parent."""
    git = site.git(repository)
    before = held.parents[0] if held.parents else empty_tree(git)
    changed = diffs.changes(git, before, held.sha)
    return {
        **commit(site, repository, held),
        "stats": totals(changed),
        "files": [file(site, repository, held.sha, change) for change in changed],
    }


def empty_tree(git: Git) -> str:
    """Name the tree without entries, writing it so that git can compare with it."""
    return git.run("mktree", stdin=b"").decode().strip()


def totals(changed: Iterable[diffs.Change]) -> dict[str, int]:
    """Sum up the lines of changed files."""
    listed = list(changed)
    added = sum(change.additions for change in listed)
    deleted = sum(change.deletions for change in listed)
    return {"total": added + deleted, "additions": added, "deletions": deleted}


def file(site: Site, repository: Repository, at: str, change: diffs.Change) -> Json:
    """Shape `diff-entry`; `at` is the commit that the links show."""
    path = quote(change.path)
    shaped = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{page(site, repository)}/blob/{at}/{path}",
        "raw_url": f"{page(site, repository)}/raw/{at}/{path}",
        "contents_url": f"{api(site, repository)}/contents/{path}?ref={at}",
    }
    optional = {"patch": change.patch, "previous_filename": change.previous_path}
    return shaped | {key: value for key, value in optional.items() if value is not None}


def git_commit(site: Site, repository: Repository, held: Commit) -> Json:
    """Shape `git-commit`."""
    shaped = commit(site, repository, held)
    kept = ("sha", "node_id", "html_url", "parents")
    inner = ("author", "committer", "message", "tree", "url", "verification")
    return {key: shaped[key] for key in kept} | {key: shaped["commit"][key] for key in inner}


def in_push(site: Site, repository: Repository, held: Commit, touched: diffs.Touched) -> Json:
    """Shape a commit as push events tell it."""
    return {
        "id": held.sha,
        "tree_id": held.tree,
        "distinct": True,
        "message": held.message,
        "timestamp": stamp(held.committer.at),
        "url": f"{page(site, repository)}/commit/{held.sha}",
        "author": _with_login(site, held.author),
        "committer": _with_login(site, held.committer),
        "added": touched.added,
        "removed": touched.removed,
        "modified": touched.modified,
    }


def simple(held: Commit) -> Json:
    """Shape `simple-commit`, as it stands in check suites."""
    return {
        "id": held.sha,
        "tree_id": held.tree,
        "message": held.message,
        "timestamp": stamp(held.committer.at),
        "author": {"name": held.author.name, "email": held.author.email},
        "committer": {"name": held.committer.name, "email": held.committer.email},
    }


def _with_login(site: Site, signature: Signature) -> Json:
    known = account(site, signature)
    told = {"name": signature.name, "email": signature.email, "date": stamp(signature.at)}
    return told | ({"username": known["login"]} if known else {})
