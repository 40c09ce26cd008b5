"""Check runs, check suites and commit statuses in GitHub's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github.app_records import App
from localcloud.github.records import CheckRun, CheckSuite, CommitStatus, Pull, Repository
from localcloud.github.shapes import commits, pulls
from localcloud.github.shapes.apps import integration
from localcloud.github.shapes.people import Json, simple_user
from localcloud.github.shapes.repositories import api, minimal, page

if TYPE_CHECKING:
    from localcloud.github.site import Site


def check_run(site: Site, repository: Repository, run: CheckRun) -> Json:
    """Shape `check-run`."""
    url = f"{api(site, repository)}/check-runs/{run.id}"
    return {
        "id": run.id,
        "node_id": f"CR_{run.id}",
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": f"{page(site, repository)}/runs/{run.id}",
        "details_url": run.details_url or f"{page(site, repository)}/runs/{run.id}",
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "output": {
            "title": run.output.title,
            "summary": run.output.summary,
            "text": run.output.text,
            "annotations_count": 0,
            "annotations_url": f"{url}/annotations",
        },
        "name": run.name,
        "check_suite": {"id": run.suite},
        "app": _app(site, run.app),
        "pull_requests": _pulls(site, repository, run.head_sha),
    }


def check_run_in_event(site: Site, repository: Repository, run: CheckRun) -> Json:
    """Shape a check run as its events tell it: with its whole suite, and with its buttons."""
    suite = site.store.get(CheckSuite, run.suite)
    told = check_suite(site, repository, suite) if suite else {"id": run.suite}
    untold = ("repository", "head_commit", "latest_check_runs_count", "check_runs_url")
    brief = {key: value for key, value in told.items() if key not in untold}
    return check_run(site, repository, run) | {"check_suite": brief, "actions": list(run.actions)}


def check_suite(site: Site, repository: Repository, suite: CheckSuite) -> Json:
    """Shape `check-suite`; it is as far as its runs are, and ends as its worst run ended."""
    runs = site.store.find(CheckRun, suite=suite.id)
    url = f"{api(site, repository)}/check-suites/{suite.id}"
    held = site.git(repository).commit(suite.head_sha)
    status = suite_status(runs)
    return {
        "id": suite.id,
        "node_id": f"CS_{suite.id}",
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": status,
        "conclusion": suite_conclusion(runs),
        "url": url,
        "before": held.parents[0] if held.parents else None,
        "after": suite.head_sha,
        "pull_requests": _pulls(site, repository, suite.head_sha),
        "app": _app(site, suite.app),
        "repository": minimal(site, repository),
        "created_at": suite.created_at,
        "updated_at": max((run.completed_at or suite.created_at for run in runs), default=None)
        or suite.created_at,
        "head_commit": commits.simple(held),
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{url}/check-runs",
    }


def simple_status(site: Site, repository: Repository, status: CommitStatus) -> Json:
    """Shape `simple-commit-status`, as the combined status lists it."""
    return {
        "id": status.id,
        "node_id": f"SC_{status.id}",
        "url": f"{api(site, repository)}/statuses/{status.sha}",
        "avatar_url": simple_user(site, status.author)["avatar_url"],
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": status.created_at,
        "updated_at": status.created_at,
    }


def status(site: Site, repository: Repository, held: CommitStatus) -> Json:
    """Shape `status`."""
    return simple_status(site, repository, held) | {"creator": simple_user(site, held.author)}


def combined(site: Site, repository: Repository, sha: str, latest: list[CommitStatus]) -> Json:
    """Shape `combined-commit-status` over the newest status of every context."""
    url = f"{api(site, repository)}/commits/{sha}"
    return {
        "state": combined_state(latest),
        "statuses": [simple_status(site, repository, held) for held in latest],
        "sha": sha,
        "total_count": len(latest),
        "repository": minimal(site, repository),
        "commit_url": url,
        "url": f"{url}/status",
    }


def combined_state(latest: list[CommitStatus]) -> str:
    """Sum statuses up: one failure fails, none at all is pending."""
    states = {held.state for held in latest}
    if states & {"error", "failure"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


def _app(site: Site, identity: int) -> Json | None:
    app = site.store.get(App, identity)
    return integration(site, app) if app else None


def _pulls(site: Site, repository: Repository, sha: str) -> list[Json]:
    """List open pull requests on this head; those from forks are never told."""
    own = {"repository": repository.id, "head_repository": repository.id, "head_sha": sha}
    found = site.store.find(Pull, state="open", **own)
    return [pulls.minimal(site, repository, pull) for pull in found]


def suite_status(runs: list[CheckRun]) -> str:
    """Sum up how far a suite's runs are."""
    states = {run.status for run in runs}
    if states == {"completed"}:
        return "completed"
    return "in_progress" if states & {"in_progress", "completed"} else "queued"


def suite_conclusion(runs: list[CheckRun]) -> str | None:
    """Sum up how a suite's runs ended; None while they have not."""
    if suite_status(runs) != "completed":
        return None
    worst = ("failure", "timed_out", "action_required", "cancelled", "success", "neutral")
    ended = {run.conclusion for run in runs}
    return next((conclusion for conclusion in worst if conclusion in ended), "skipped")
