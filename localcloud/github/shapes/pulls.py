"""Pull requests and reviews in GitHub's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github import diffs
from localcloud.github.records import Comment, Pull, Repository, Review
from localcloud.github.shapes.commits import totals
from localcloud.github.shapes.issues import association
from localcloud.github.shapes.people import Json, simple_user
from localcloud.github.shapes.repositories import api, page, plain

if TYPE_CHECKING:
    from localcloud.github.site import Site

_STATE = {True: "clean", False: "dirty", None: "unknown"}
_ABSENT = ("assignee", "milestone", "active_lock_reason", "auto_merge")
_EMPTY = ("assignees", "labels", "requested_reviewers", "requested_teams")


def simple(site: Site, repository: Repository, pull: Pull) -> Json:
    """Shape `pull-request-simple`, as lists give it."""
    links = _links(site, repository, pull)
    return {
        "id": pull.id,
        "node_id": f"PR_{pull.id}",
        **{f"{name}_url": url for name, url in links.items() if name != "self"},
        "url": links["self"],
        "diff_url": f"{links['html']}.diff",
        "patch_url": f"{links['html']}.patch",
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": simple_user(site, pull.author),
        "body": pull.body,
        **{name: [] for name in _EMPTY},
        **dict.fromkeys(_ABSENT),
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_commit_sha,
        "draft": pull.draft,
        "head": _end(site, head_repository(site, repository, pull), pull.head_ref, pull.head_sha),
        "base": _end(site, repository, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": url} for name, url in links.items()},
        "author_association": association(site, repository, pull.author),
    }


def full(site: Site, repository: Repository, pull: Pull) -> Json:
    """Shape `pull-request`: with counts, and whether it can be merged now."""
    mergeable = _mergeable(site, repository, pull)
    comments = site.store.find(Comment, repository=repository.id, number=pull.number)
    return {
        **simple(site, repository, pull),
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "rebaseable": False,
        "mergeable_state": _STATE[mergeable],
        "merged_by": simple_user(site, pull.merged_by) if pull.merged_by else None,
        "comments": len(comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        **_size(site, repository, pull),
    }


def minimal(site: Site, repository: Repository, pull: Pull) -> Json:
    """Shape `pull-request-minimal`, as check runs list it."""
    head = head_repository(site, repository, pull)
    return {
        "id": pull.id,
        "number": pull.number,
        "url": f"{api(site, repository)}/pulls/{pull.number}",
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": _brief(site, head)},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": _brief(site, repository)},
    }


def review(site: Site, repository: Repository, held: Review) -> Json:
    """Shape `pull-request-review`."""
    pull = f"{api(site, repository)}/pulls/{held.number}"
    html = f"{page(site, repository)}/pull/{held.number}#pullrequestreview-{held.id}"
    return {
        "id": held.id,
        "node_id": f"PRR_{held.id}",
        "user": simple_user(site, held.author),
        "body": held.body,
        "state": held.state,
        "html_url": html,
        "pull_request_url": pull,
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
        "submitted_at": held.submitted_at,
        "commit_id": held.commit,
        "author_association": association(site, repository, held.author),
    }


def head_repository(site: Site, repository: Repository, pull: Pull) -> Repository:
    """Find where a pull request's branch lives: the repository itself, or a fork."""
    return site.store.get(Repository, pull.head_repository) or repository


def _end(site: Site, repository: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{repository.owner}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": simple_user(site, repository.owner),
        "repo": plain(site, repository),
    }


def _brief(site: Site, repository: Repository) -> Json:
    return {"id": repository.id, "url": api(site, repository), "name": repository.name}


def _links(site: Site, repository: Repository, pull: Pull) -> dict[str, str]:
    root = api(site, repository)
    url = f"{root}/pulls/{pull.number}"
    return {
        "self": url,
        "html": f"{page(site, repository)}/pull/{pull.number}",
        "issue": f"{root}/issues/{pull.number}",
        "comments": f"{root}/issues/{pull.number}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{root}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{root}/statuses/{pull.head_sha}",
    }


def _mergeable(site: Site, repository: Repository, pull: Pull) -> bool | None:
    git = site.git(repository)
    base = git.heads().get(pull.base_ref)
    if pull.state == "closed" or base is None:
        return None
    return git.merged_tree(base, pull.head_sha) is not None


def _size(site: Site, repository: Repository, pull: Pull) -> Json:
    git = site.git(repository)
    parted = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    changed = diffs.changes(git, parted, pull.head_sha)
    lines = totals(changed)
    return {
        "commits": git.count(f"{pull.base_sha}..{pull.head_sha}"),
        "additions": lines["additions"],
        "deletions": lines["deletions"],
        "changed_files": len(changed),
    }
