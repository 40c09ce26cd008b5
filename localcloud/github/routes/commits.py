"""Commits: listed, read, compared, and the pull requests that brought them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.github import comparing, diffs
from localcloud.github.exchange import Ask, Reply
from localcloud.github.problems import Problem, not_found
from localcloud.github.records import Pull, Repository
from localcloud.github.routing import Routes
from localcloud.github.shapes import commits, pulls
from localcloud.github.shapes.repositories import api, page

if TYPE_CHECKING:
    from localcloud.github.comparing import Comparison
    from localcloud.github.shapes.people import Json

routes = Routes("contents")
of_pulls = Routes("pull_requests", "contents")

MOST_FILES = 300
"""A comparison lists so many files at most, and only on its first page."""


@routes.get("/repos/{owner}/{repo}/commits")
def list_commits(ask: Ask) -> Reply:
    """List the history of a revision, newest first."""
    sha = ask.sha(ask.query("sha") or "HEAD")
    since = [f"--since={ask.query('since')}"] if ask.query("since") else []
    paths = (ask.query("path"),) if ask.query("path") else ()
    listed = ask.git.log(*since, sha, paths=paths)
    return ask.page(listed, lambda held: commits.commit(ask.site, ask.repository, held))


@routes.get("/repos/{owner}/{repo}/commits/{ref}")
def get_commit(ask: Ask, ref: str) -> Reply:
    """Tell about one commit with its files; `Accept: …sha` asks for nothing but the hash."""
    sha = ask.git.resolve(ask.repository.default_branch if ref == "HEAD" else ref)
    if sha is None:
        raise Problem(422, f"No commit found for SHA: {ref}")
    if ask.request.headers.get("Accept", "").endswith(".sha"):
        return Reply(sha.encode(), headers={"Content-Type": "application/vnd.github.sha"})
    return Reply(commits.detailed(ask.site, ask.repository, ask.git.commit(sha)))


@of_pulls.get("/repos/{owner}/{repo}/commits/{commit_sha}/pulls")
def list_pulls_of_commit(ask: Ask, commit_sha: str) -> Reply:
    """List the pull requests that brought a commit in, or want to."""
    sha = ask.sha(commit_sha)
    return ask.page(bringing(ask, sha), lambda pull: pulls.simple(ask.site, ask.repository, pull))


def bringing(ask: Ask, sha: str) -> list[Pull]:
    """List the pull requests that brought a commit in or, where none did, want to."""
    every = ask.site.store.find(Pull, repository=ask.repository.id)
    found = [pull for pull in every if _brings(ask, pull, sha)]
    merged = [pull for pull in found if pull.merged_at]
    on_default = ask.git.contains(ask.sha("HEAD"), sha)
    return merged if on_default and merged else found


def _brings(ask: Ask, pull: Pull, sha: str) -> bool:
    if sha in (pull.merge_commit_sha, pull.head_sha):
        return True
    inside = ask.git.contains(pull.head_sha, sha)
    return inside and not ask.git.contains(pull.base_sha, sha)


@routes.get("/repos/{owner}/{repo}/compare/{basehead}")
def compare(ask: Ask, basehead: str) -> Reply:
    """Tell how `BASE...HEAD` stand to each other and what changed since they parted."""
    start, dots, end = basehead.partition("...")
    if not dots:
        raise not_found()
    found = comparing.compare(ask.git, _side(ask, start), _side(ask, end))
    if found is None:
        raise Problem(404, f"No common ancestor between {start} and {end}.")
    listed = ask.page(found.ahead, lambda held: commits.commit(ask.site, ask.repository, held))
    shaped = _comparison(ask, found)
    return Reply(shaped | {"commits": listed.body, **_links(ask, basehead)}, 200, listed.headers)


def _side(ask: Ask, revision: str) -> str:
    owner, colon, branch = revision.partition(":")
    if not colon:
        return ask.sha(revision)
    if owner.lower() == ask.repository.owner.lower():
        return ask.sha(branch)
    forks = ask.site.store.find(Repository, parent=ask.repository.id)
    fork = next((fork for fork in forks if fork.owner.lower() == owner.lower()), None)
    return ask.sha(ask.site.git(fork).heads().get(branch, "-") if fork else "-")


def _comparison(ask: Ask, found: Comparison) -> Json:
    first = ask.number("page", 1) == 1
    changed = diffs.changes(ask.git, found.parted, found.head)[:MOST_FILES] if first else ()
    base, parted = ask.git.commit(found.base), ask.git.commit(found.parted)
    return {
        "base_commit": commits.commit(ask.site, ask.repository, base),
        "merge_base_commit": commits.commit(ask.site, ask.repository, parted),
        "status": found.status,
        "ahead_by": len(found.ahead),
        "behind_by": found.behind,
        "total_commits": len(found.ahead),
        "files": [commits.file(ask.site, ask.repository, found.head, change) for change in changed],
    }


def _links(ask: Ask, basehead: str) -> dict[str, str]:
    html = f"{page(ask.site, ask.repository)}/compare/{basehead}"
    return {
        "url": f"{api(ask.site, ask.repository)}/compare/{basehead}",
        "html_url": html,
        "permalink_url": re.sub(r"/compare/", f"/compare/{ask.repository.owner}:", html, count=1),
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
    }
