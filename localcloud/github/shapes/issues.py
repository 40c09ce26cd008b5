"""Issues, comments and reactions in GitHub's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github.access import granted
from localcloud.github.app_records import App
from localcloud.github.records import Comment, Issue, Pull, Reaction, Repository
from localcloud.github.shapes.apps import integration
from localcloud.github.shapes.people import Json, simple_user
from localcloud.github.shapes.repositories import api, page

if TYPE_CHECKING:
    from localcloud.github.site import Site

CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")


def association(site: Site, repository: Repository, login: str) -> str:
    """Tell how an author stands to a repository; this says nothing about permission."""
    if login == repository.owner:
        return "OWNER"
    own = granted(site, repository, login)
    return {"admin": "MEMBER", "none": "NONE"}.get(own, "COLLABORATOR")


def rollup(site: Site, url: str, comment: int | None = None) -> Json:
    """Shape `reaction-rollup`: how many of each reaction a thing has."""
    found = site.store.find(Reaction, comment=comment) if comment else []
    counts = {content: sum(r.content == content for r in found) for content in CONTENTS}
    return {"url": f"{url}/reactions", "total_count": len(found), **counts}


def issue(site: Site, repository: Repository, held: Issue) -> Json:
    """Shape `issue`; a pull request is an issue with `pull_request` set."""
    url = f"{api(site, repository)}/issues/{held.number}"
    kind = "pull" if isinstance(held, Pull) else "issues"
    comments = site.store.find(Comment, repository=repository.id, number=held.number)
    shaped: Json = {
        "id": held.id,
        "node_id": f"I_{held.id}",
        "url": url,
        "repository_url": api(site, repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": f"{page(site, repository)}/{kind}/{held.number}",
        "number": held.number,
        "state": held.state,
        "state_reason": None,
        "title": held.title,
        "body": held.body,
        "user": simple_user(site, held.author),
        "labels": [],
        "assignees": [],
        **dict.fromkeys(("assignee", "milestone", "active_lock_reason")),
        "locked": False,
        "comments": len(comments),
        "closed_at": held.closed_at,
        "created_at": held.created_at,
        "updated_at": held.updated_at,
        "author_association": association(site, repository, held.author),
        "performed_via_github_app": None,
        "reactions": rollup(site, url),
        "timeline_url": f"{url}/timeline",
    }
    return shaped | (_of_pull(site, repository, held) if isinstance(held, Pull) else {})


def _of_pull(site: Site, repository: Repository, held: Pull) -> Json:
    html = f"{page(site, repository)}/pull/{held.number}"
    links = {
        "url": f"{api(site, repository)}/pulls/{held.number}",
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "merged_at": held.merged_at,
    }
    return {"draft": held.draft, "pull_request": links}


def comment(site: Site, repository: Repository, held: Comment) -> Json:
    """Shape `issue-comment`."""
    url = f"{api(site, repository)}/issues/comments/{held.id}"
    on_pull = site.store.first(Pull, repository=repository.id, number=held.number)
    thread = f"{page(site, repository)}/{'pull' if on_pull else 'issues'}/{held.number}"
    app = site.store.get(App, held.app) if held.app else None
    return {
        "id": held.id,
        "node_id": f"IC_{held.id}",
        "url": url,
        "html_url": f"{thread}#issuecomment-{held.id}",
        "issue_url": f"{api(site, repository)}/issues/{held.number}",
        "body": held.body,
        "user": simple_user(site, held.author),
        "created_at": held.created_at,
        "updated_at": held.updated_at,
        "author_association": association(site, repository, held.author),
        "performed_via_github_app": integration(site, app) if app else None,
        "reactions": rollup(site, url, held.id),
    }


def reaction(site: Site, held: Reaction) -> Json:
    """Shape `reaction`."""
    return {
        "id": held.id,
        "node_id": f"REA_{held.id}",
        "user": simple_user(site, held.author),
        "content": held.content,
        "created_at": held.created_at,
    }
