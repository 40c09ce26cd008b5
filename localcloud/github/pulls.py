"""The life of a pull request: opened, moved by pushes, edited, merged, closed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from localcloud.github import events
from localcloud.github.git import Draft, Signature
from localcloud.github.problems import Problem, refuse
from localcloud.github.records import Issue, Pull, Repository
from localcloud.github.times import now

if TYPE_CHECKING:
    from localcloud.github.git import Git
    from localcloud.github.site import Site

WEB_FLOW = ("GitHub", "noreply@github.com")


def numbered(site: Site, repository: Repository) -> int:
    """Give out the next number, shared by issues and pull requests."""
    current = site.store.get(Repository, repository.id) or repository
    return site.store.save(replace(current, numbered=current.numbered + 1)).numbered


def find(site: Site, repository: Repository, number: int) -> Pull | None:
    """Find a pull request by its number."""
    return site.store.first(Pull, repository=repository.id, number=number)


def find_issue(site: Site, repository: Repository, number: int) -> Issue | None:
    """Find an issue by its number; every pull request is one."""
    plain = site.store.first(Issue, repository=repository.id, number=number)
    return plain or find(site, repository, number)


def keep_head(site: Site, repository: Repository, pull: Pull) -> None:
    """Keep the head under `refs/pull/N/head`, bringing it over from a fork."""
    git = site.git(repository)
    if pull.head_repository != repository.id:
        source = site.store.get(Repository, pull.head_repository)
        if source:
            git.run("fetch", "--quiet", str(site.git(source).path), pull.head_sha)
    git.set_ref(f"refs/pull/{pull.number}/head", pull.head_sha)


def synchronize(site: Site, pull: Pull, sha: str, sender: str) -> None:
    """Follow a head branch that moved."""
    repository = site.store.get(Repository, pull.repository)
    if repository is None:
        return
    base = site.git(repository).heads().get(pull.base_ref, pull.base_sha)
    moved = replace(pull, head_sha=sha, base_sha=base, updated_at=now())
    keep_head(site, repository, moved)
    site.store.save(moved)
    both = {"before": pull.head_sha, "after": sha}
    events.pull_request(site, moved, "synchronize", sender, **both)


def close(site: Site, pull: Pull, sender: str) -> Pull:
    """Close without merging."""
    moment = now()
    closed = site.store.save(replace(pull, state="closed", closed_at=moment, updated_at=moment))
    events.pull_request(site, closed, "closed", sender)
    return closed


def reopen(site: Site, pull: Pull, sender: str) -> Pull:
    """Open again, at where the head branch is now.

    Raises Problem 422 for a merged pull request, or one whose branch is gone.
    """
    source = site.store.get(Repository, pull.head_repository)
    head = site.git(source).heads().get(pull.head_ref) if source else None
    if pull.merged_at or head is None:
        refuse("PullRequest", "state", "state cannot be changed. The branch was deleted.")
    opened = replace(pull, state="open", closed_at=None, head_sha=head, updated_at=now())
    repository = site.store.get(Repository, pull.repository)
    if repository:
        keep_head(site, repository, opened)
    site.store.save(opened)
    events.pull_request(site, opened, "reopened", sender)
    return opened


def mark_merged(site: Site, pull: Pull, sha: str, sender: str) -> Pull:
    """Remember that a commit of the base branch brought this pull request in."""
    moment = now()
    ended = {"state": "closed", "closed_at": moment, "merged_at": moment, "updated_at": moment}
    return site.store.save(replace(pull, **ended, merged_by=sender, merge_commit_sha=sha))


def edit(site: Site, pull: Pull, changed: dict[str, Any], sender: str) -> Pull:
    """Change title, body or base, and tell what they were before."""
    before = {
        key.removesuffix("_ref"): {"from": getattr(pull, key)}
        for key, value in changed.items()
        if getattr(pull, key) != value
    }
    if not before:
        return pull
    edited = site.store.save(replace(pull, **changed, updated_at=now()))
    told = {key: was for key, was in before.items() if key != "base"}
    events.pull_request(site, edited, "edited", sender, changes=told)
    return edited


def merge_commit(git: Git, pull: Pull, method: str, words: tuple[str, Signature]) -> str:
    """Write the commit that merges a pull request into its base branch as it is now.

    Raises Problem 405 when both sides changed the same lines.
    """
    message, author = words
    base = git.heads()[pull.base_ref]
    tree = git.merged_tree(base, pull.head_sha)
    if tree is None:
        raise Problem(405, "Pull Request is not mergeable")
    parents = (base, pull.head_sha) if method == "merge" else (base,)
    committer = Signature(*WEB_FLOW, at=int(time.time()))
    return git.write_commit(Draft(tree, parents, message, author, committer))


def set_draft(site: Site, pull: Pull, draft: bool, sender: str) -> Pull:  # noqa: FBT001  # GitHub's own field
    """Turn a pull request into a draft, or make it ready for review."""
    changed = site.store.save(replace(pull, draft=draft, updated_at=now()))
    action = "converted_to_draft" if draft else "ready_for_review"
    events.pull_request(site, changed, action, sender)
    return changed
