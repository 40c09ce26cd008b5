"""Commit statuses."""

from __future__ import annotations

from typing import Literal

import msgspec

from localcloud.github import events
from localcloud.github.exchange import Ask, Reply, created
from localcloud.github.problems import Problem
from localcloud.github.records import CommitStatus
from localcloud.github.routing import Routes
from localcloud.github.shapes import checks as shapes
from localcloud.github.times import now

routes = Routes("statuses")

MOST_PER_CONTEXT = 1000
"""A commit takes so many per context: https://docs.github.com/rest/commits/statuses."""


class CreateStatus(msgspec.Struct):
    """The body of a status."""

    state: Literal["error", "failure", "pending", "success"]
    target_url: str | None = None
    description: str | None = None
    context: str = "default"


@routes.post("/repos/{owner}/{repo}/statuses/{sha}")
def create_status(ask: Ask, sha: str) -> Reply:
    """Set a status on a commit."""
    body, full = ask.read(CreateStatus), ask.git.resolve(sha)
    if full is None:
        raise Problem(422, f"No commit found for SHA: {sha}")
    same = {"repository": ask.repository.id, "sha": full, "context": body.context}
    if len(ask.site.store.find(CommitStatus, **same)) >= MOST_PER_CONTEXT:
        raise Problem(422, "This SHA and context has reached the maximum number of statuses.")
    status = CommitStatus(
        id=ask.site.store.new_id(),
        repository=ask.repository.id,
        sha=full,
        state=body.state,
        context=body.context,
        description=body.description,
        target_url=body.target_url,
        author=ask.actor.login,
        created_at=now(),
    )
    held = ask.site.store.save(status)
    events.status(ask.site, held)
    return created(shapes.status(ask.site, ask.repository, held))


@routes.get(
    "/repos/{owner}/{repo}/commits/{ref}/statuses", also="/repos/{owner}/{repo}/statuses/{ref}"
)
def list_statuses(ask: Ask, ref: str) -> Reply:
    """List all statuses of a commit, newest first."""
    found = _statuses(ask, ask.sha(ref))[::-1]
    return ask.page(found, lambda held: shapes.status(ask.site, ask.repository, held))


@routes.get("/repos/{owner}/{repo}/commits/{ref}/status")
def get_combined_status(ask: Ask, ref: str) -> Reply:
    """Sum up the newest status of every context."""
    sha = ask.sha(ref)
    latest = latest_statuses(ask, sha)
    page = ask.page(latest, lambda held: shapes.simple_status(ask.site, ask.repository, held))
    whole = shapes.combined(ask.site, ask.repository, sha, latest)
    return Reply(whole | {"statuses": page.body}, headers=page.headers)


def latest_statuses(ask: Ask, sha: str) -> list[CommitStatus]:
    """List the newest status of every context of a commit."""
    return list({held.context: held for held in _statuses(ask, sha)}.values())


def _statuses(ask: Ask, sha: str) -> list[CommitStatus]:
    return ask.site.store.find(CommitStatus, repository=ask.repository.id, sha=sha)
