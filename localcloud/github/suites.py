"""Check suites: one per App and commit, made by a push or by the first run, told as they go.

A push makes one for each App that may write checks and asks it for its runs; a suite is told once
more when the last of its runs has ended (https://docs.github.com/webhooks/webhook-events-and-payloads#check_suite).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github import events
from localcloud.github.records import CheckRun, CheckSuite
from localcloud.github.times import now

if TYPE_CHECKING:
    from localcloud.github.records import Repository
    from localcloud.github.site import Site


def suite(site: Site, repository: Repository, app: int, sha: str) -> CheckSuite:
    """Return an App's suite of a commit, made where it is not there yet."""
    known = site.store.first(CheckSuite, repository=repository.id, app=app, head_sha=sha)
    return known or _made(site, repository, app, sha)


def request(site: Site, repository: Repository, sha: str, sender: str) -> None:
    """Ask every App for its runs on a commit that was pushed, once."""
    for installed in site.installations(repository):
        of = {"repository": repository.id, "app": installed.app, "head_sha": sha}
        if site.store.first(CheckSuite, **of) is None:
            made = _made(site, repository, installed.app, sha)
            events.check_suite(site, made, "requested", sender)


def ended(site: Site, run: CheckRun, sender: str) -> None:
    """Tell that a run has ended, and its suite where that was the last one."""
    events.check_run(site, run, "completed", sender)
    whole = site.store.get(CheckSuite, run.suite)
    runs = site.store.find(CheckRun, suite=run.suite)
    if whole and all(one.status == "completed" for one in runs):
        events.check_suite(site, whole, "completed", sender)


def _made(site: Site, repository: Repository, app: int, sha: str) -> CheckSuite:
    heads = {at: branch for branch, at in site.git(repository).heads().items()}
    return site.store.save(
        CheckSuite(
            id=site.store.new_id(),
            repository=repository.id,
            app=app,
            head_sha=sha,
            head_branch=heads.get(sha),
            created_at=now(),
        )
    )
