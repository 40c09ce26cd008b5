"""Commits, and what was said of them: checks, statuses, pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github import trees
from localcloud.github.app_records import App
from localcloud.github.graphql.nodes import Fields, Kinds, Node, needing
from localcloud.github.graphql.objects import at, named
from localcloud.github.records import CheckRun, CheckSuite
from localcloud.github.routes.checks import latest, suites_of
from localcloud.github.routes.commits import bringing
from localcloud.github.routes.statuses import latest_statuses
from localcloud.github.shapes.checks import combined_state, suite_conclusion, suite_status
from localcloud.github.times import stamp

if TYPE_CHECKING:
    from localcloud.github.exchange import Ask
    from localcloud.github.graphql.paging import Page


def _commit(ask: Ask, oid: str) -> Fields:
    return {
        **named(oid),
        "message": lambda: ask.git.commit(oid).message,
        "committedDate": lambda: stamp(ask.git.commit(oid).committer.at),
        "authoredDate": lambda: stamp(ask.git.commit(oid).author.at),
        "file": lambda path: _file(ask, oid, path),
        "tree": lambda: Node("Tree", ask, ask.git.commit(oid).tree),
        "checkSuites": needing(
            ask,
            "checks",
            lambda page: page.of(suites_of(ask, oid), lambda suite: Node("CheckSuite", ask, suite)),
        ),
        "status": needing(ask, "statuses", lambda: _status(ask, oid)),
        "associatedPullRequests": needing(
            ask,
            "pull_requests",
            lambda page: page.of(bringing(ask, oid), lambda pull: Node("PullRequest", ask, pull)),
        ),
    }


def _file(ask: Ask, oid: str, path: str) -> Fields | None:
    found = trees.entry_at(ask.git, oid, path) if path.strip("/") else None
    if found is None:
        return None
    return {
        "name": found.path.rpartition("/")[2],
        "path": found.path,
        "oid": found.sha,
        "type": found.type,
        "mode": int(found.mode, 8),
        "size": found.size or 0,
        "object": lambda: None if found.type == "commit" else at(ask, found.sha),
    }


def _status(ask: Ask, oid: str) -> Fields | None:
    newest = latest_statuses(ask, oid)
    contexts = [
        {
            "context": held.context,
            "state": held.state.upper(),
            "description": held.description,
            "targetUrl": held.target_url,
            "createdAt": held.created_at,
        }
        for held in newest
    ]
    return {"state": combined_state(newest).upper(), "contexts": contexts} if newest else None


def _suite(ask: Ask, held: CheckSuite) -> Fields:
    runs = ask.site.store.find(CheckRun, suite=held.id)
    conclusion = suite_conclusion(runs)
    app = ask.site.store.get(App, held.app)

    def check_runs(page: Page, filter_by: Fields | None = None) -> Fields:
        return page.of(_filtered(runs, filter_by or {}), lambda run: Node("CheckRun", ask, run))

    return {
        "databaseId": held.id,
        "status": suite_status(runs).upper(),
        "conclusion": conclusion and conclusion.upper(),
        "createdAt": held.created_at,
        "app": {"databaseId": app.id, "slug": app.slug, "name": app.slug} if app else None,
        "commit": Node("Commit", ask, held.head_sha),
        "checkRuns": check_runs,
    }


def _filtered(runs: list[CheckRun], wanted: Fields) -> list[CheckRun]:
    """Keep what a CheckRunFilter lets pass; without a type the newest of each name."""
    every = runs if wanted.get("checkType") == "ALL" else latest(runs)
    statuses = wanted.get("statuses") or ([wanted["status"]] if wanted.get("status") else None)
    conclusions, app = wanted.get("conclusions"), wanted.get("appId")
    return [
        run
        for run in every
        if run.name == (wanted.get("checkName") or run.name)
        and app in (None, run.app)
        and (not statuses or run.status.upper() in statuses)
        and (not conclusions or (run.conclusion or "").upper() in conclusions)
    ]


def _run(_ask: Ask, held: CheckRun) -> Fields:
    return {
        "databaseId": held.id,
        "name": held.name,
        "status": held.status.upper(),
        "conclusion": held.conclusion and held.conclusion.upper(),
        "externalId": held.external_id,
        "startedAt": held.started_at,
        "completedAt": held.completed_at,
        "title": held.output.title,
        "summary": held.output.summary,
        "text": held.output.text,
    }


kinds: Kinds = {"Commit": _commit, "CheckSuite": _suite, "CheckRun": _run}
