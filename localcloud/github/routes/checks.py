"""Check runs and check suites: written by Apps only, read by everybody who reads the code."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict, replace

from localcloud.github import events, suites
from localcloud.github.exchange import Ask, Reply, created
from localcloud.github.problems import Problem, not_found, unreadable
from localcloud.github.records import CheckOutput, CheckRun, CheckSuite
from localcloud.github.routing import Routes
from localcloud.github.shapes import checks as shapes
from localcloud.github.times import epoch, now, stamp

routes = Routes("checks")

_Text = Annotated[str, Meta(max_length=65_535)]
_Status = Literal["queued", "in_progress", "completed", "waiting", "requested", "pending"]
_Conclusion = Literal[
    "action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"
]


class Output(msgspec.Struct):
    """What a run shows; limits from https://docs.github.com/rest/checks/runs."""

    summary: _Text
    title: str | None = None
    text: _Text | None = None
    annotations: Annotated[list[dict[str, Any]], Meta(max_length=50)] = []
    images: list[dict[str, Any]] = []


class Action(msgspec.Struct):
    """A button; limits from https://docs.github.com/rest/checks/runs."""

    label: Annotated[str, Meta(max_length=20)]
    description: Annotated[str, Meta(max_length=40)]
    identifier: Annotated[str, Meta(max_length=20)]


class UpdateCheckRun(msgspec.Struct):
    """The body that changes a run; what is absent stays, and null is refused as GitHub does."""

    name: str | UnsetType = UNSET
    details_url: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    status: _Status | UnsetType = UNSET
    conclusion: _Conclusion | UnsetType = UNSET
    started_at: str | UnsetType = UNSET
    completed_at: str | UnsetType = UNSET
    output: Output | UnsetType = UNSET
    actions: Annotated[list[Action], Meta(max_length=3)] | UnsetType = UNSET


class CreateCheckRun(UpdateCheckRun, kw_only=True):
    """The body that makes a run."""

    name: str
    head_sha: str


@routes.post("/repos/{owner}/{repo}/check-runs", needs="read")
def create_check_run(ask: Ask) -> Reply:
    """Make a check run for the calling App."""
    app, body = _app(ask), ask.read(CreateCheckRun)
    sha = ask.git.resolve(body.head_sha)
    if sha is None:
        raise Problem(422, unreadable(f"No commit found for SHA: {body.head_sha}"))
    new = CheckRun(
        id=ask.site.store.new_id(),
        repository=ask.repository.id,
        app=app,
        suite=suites.suite(ask.site, ask.repository, app, sha).id,
        head_sha=sha,
        name=body.name,
        status="queued",
        conclusion=None,
        started_at=now(),
        completed_at=None,
        external_id="",
        details_url="",
        output=CheckOutput(),
    )
    run = ask.site.store.save(_changed(new, body))
    events.check_run(ask.site, run, "created", ask.actor.login)
    if run.status == "completed":
        suites.ended(ask.site, run, ask.actor.login)
    return created(shapes.check_run(ask.site, ask.repository, run))


@routes.get("/repos/{owner}/{repo}/check-runs/{check_run_id}")
def get_check_run(ask: Ask, check_run_id: int) -> Reply:
    """Tell about one check run."""
    return Reply(shapes.check_run(ask.site, ask.repository, _run_of(ask, check_run_id)))


@routes.patch("/repos/{owner}/{repo}/check-runs/{check_run_id}", needs="read")
def update_check_run(ask: Ask, check_run_id: int) -> Reply:
    """Change a run of the calling App.

    A completed run keeps its status and conclusion, whatever is asked; the rest changes
    (https://github.com/orgs/community/discussions/24761).
    """
    app, before = _app(ask), _run_of(ask, check_run_id)
    if before.app != app:
        raise Problem(403, f"Invalid app_id `{app}` - check run can only be modified by its App.")
    run = ask.site.store.save(_changed(before, ask.read(UpdateCheckRun)))
    if run.status == "completed" != before.status:
        suites.ended(ask.site, run, ask.actor.login)
    return Reply(shapes.check_run(ask.site, ask.repository, run))


@routes.get("/repos/{owner}/{repo}/commits/{ref}/check-runs")
def list_check_runs(ask: Ask, ref: str) -> Reply:
    """List a commit's check runs, newest first; per App and name only the newest, unless `all`."""
    found = ask.site.store.find(CheckRun, repository=ask.repository.id, head_sha=ask.sha(ref))
    every = found if ask.query("filter") == "all" else latest(found)
    shown = [
        run
        for run in reversed(every)
        if ask.query("check_name") in ("", run.name)
        and ask.query("status") in ("", run.status)
        and ask.query("app_id") in ("", str(run.app))
    ]
    return ask.page(
        shown, lambda run: shapes.check_run(ask.site, ask.repository, run), "check_runs"
    )


def latest(runs: list[CheckRun]) -> list[CheckRun]:
    """Keep the newest run of each App and name."""
    return list({(run.app, run.name): run for run in runs}.values())


@routes.get("/repos/{owner}/{repo}/commits/{ref}/check-suites")
def list_check_suites(ask: Ask, ref: str) -> Reply:
    """List a commit's check suites, one per App."""
    return ask.page(
        suites_of(ask, ask.sha(ref)),
        lambda suite: shapes.check_suite(ask.site, ask.repository, suite),
        "check_suites",
    )


def suites_of(ask: Ask, sha: str) -> list[CheckSuite]:
    """List the check suites of a commit."""
    return ask.site.store.find(CheckSuite, repository=ask.repository.id, head_sha=sha)


@routes.get("/repos/{owner}/{repo}/check-suites/{check_suite_id}")
def get_check_suite(ask: Ask, check_suite_id: int) -> Reply:
    """Tell about one check suite."""
    suite = ask.site.store.get(CheckSuite, check_suite_id)
    if suite is None or suite.repository != ask.repository.id:
        raise not_found()
    return Reply(shapes.check_suite(ask.site, ask.repository, suite))


def _app(ask: Ask) -> int:
    if ask.actor.app is None:
        raise Problem(403, "You must authenticate via a GitHub App.")
    return ask.actor.app.id


def _run_of(ask: Ask, identity: int) -> CheckRun:
    run = ask.site.store.get(CheckRun, identity)
    if run is None or run.repository != ask.repository.id:
        raise not_found()
    return run


def _changed(run: CheckRun, body: UpdateCheckRun) -> CheckRun:
    given = {key: value for key, value in asdict(body).items() if value is not UNSET}
    given.pop("head_sha", None)
    if "output" in given:
        given["output"] = CheckOutput(
            given["output"].title, given["output"].summary, given["output"].text
        )
    if "actions" in given:
        given["actions"] = tuple(asdict(action) for action in given["actions"])
    for key in ("started_at", "completed_at"):
        if key in given:
            given[key] = _moment(given[key])
    return replace(run, **(given | _ending(run, given)))


def _ending(run: CheckRun, given: dict[str, Any]) -> dict[str, Any]:
    """Settle status, conclusion and end: a conclusion completes, and completed is for good."""
    if run.status == "completed":
        return {
            "status": run.status,
            "conclusion": run.conclusion,
            "completed_at": run.completed_at,
        }
    if "conclusion" in given or "completed_at" in given or given.get("status") == "completed":
        if "conclusion" not in given:
            raise Problem(422, unreadable("If `status` is completed, `conclusion` is required."))
        return {"status": "completed", "completed_at": given.get("completed_at", now())}
    return {}


def _moment(text: str) -> str:
    try:
        return stamp(epoch(text))
    except ValueError:
        raise Problem(422, unreadable(f'"{text}" is not a valid date-time.')) from None
