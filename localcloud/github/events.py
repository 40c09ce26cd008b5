"""What Apps are told when something happens; payloads are built while the lock is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.github.app_records import Event
from localcloud.github.records import Repository
from localcloud.github.shapes import apps, checks, commits, deployments, issues, pulls, repositories
from localcloud.github.shapes.people import Json, simple_user
from localcloud.github.times import now

if TYPE_CHECKING:
    from localcloud.github.app_records import App, Installation
    from localcloud.github.records import (
        CheckRun,
        CheckSuite,
        Comment,
        CommitStatus,
        Deployment,
        DeploymentStatus,
        Issue,
        Pull,
    )
    from localcloud.github.site import Site


@dataclass(frozen=True)
class MergeGroup:
    """A commit that the queue would merge, under a branch of the queue's own."""

    head_sha: str
    head_ref: str
    base_sha: str
    base_ref: str


def tell(site: Site, repository: Repository, name: str, body: Json) -> None:
    """Tell every App installed on a repository; `body` is all but repository and installation."""
    body = {"repository": repositories.plain(site, repository), **body}
    for installed in site.installations(repository):
        of = {"id": installed.id, "node_id": f"I_{installed.id}"}
        payload = {**body, "installation": of}
        event = Event(name, body.get("action"), payload, installed.id, repository.id)
        site.outbox.send(installed.app, event)


def pull_request(site: Site, pull: Pull, action: str, sender: str, **more: object) -> None:
    """Tell that a pull request was opened, synchronize(d), closed, reopened, edited and so on."""
    repository = _repository(site, pull.repository)
    body = {
        "action": action,
        "number": pull.number,
        "pull_request": pulls.full(site, repository, pull),
        "sender": simple_user(site, sender),
    }
    tell(site, repository, "pull_request", body | more)


def issue_comment(
    site: Site, action: str, held: tuple[Issue, Comment], sender: str, **more: Json
) -> None:
    """Tell that a comment was created, edited or deleted."""
    issue, comment = held
    repository = _repository(site, comment.repository)
    body = {
        "action": action,
        "issue": issues.issue(site, repository, issue),
        "comment": issues.comment(site, repository, comment),
        "sender": simple_user(site, sender),
    }
    tell(site, repository, "issue_comment", body | more)


def check_run(site: Site, run: CheckRun, action: str, sender: str) -> None:
    """Tell that a check run was created or completed."""
    repository = _repository(site, run.repository)
    shaped = checks.check_run_in_event(site, repository, run)
    body = {"action": action, "check_run": shaped, "sender": simple_user(site, sender)}
    tell(site, repository, "check_run", body)


def pressed(site: Site, run: CheckRun, sender: str, identifier: str) -> None:
    """Tell a check run's own App, and no other, which button was pressed; "" asks to run again."""
    repository = _repository(site, run.repository)
    action = "requested_action" if identifier else "rerequested"
    body: Json = {
        "action": action,
        "check_run": checks.check_run_in_event(site, repository, run),
        "sender": simple_user(site, sender),
        "repository": repositories.plain(site, repository),
    }
    if identifier:
        body["requested_action"] = {"identifier": identifier}
    _tell_only(site, run.app, ("check_run", repository, body))


def check_suite(site: Site, suite: CheckSuite, action: str, sender: str) -> None:
    """Tell its own App that a suite's runs are asked for, once more or at first; or all its end."""
    repository = _repository(site, suite.repository)
    shaped = checks.check_suite(site, repository, suite)
    known = [event for event in shaped["app"]["events"] if event != "merge_group"]
    shaped["app"] = {**shaped["app"], "events": known}  # GitHub's description lacks that one here
    body: Json = {
        "action": action,
        "check_suite": shaped,
        "sender": simple_user(site, sender),
        "repository": repositories.plain(site, repository),
    }
    if action == "completed":
        tell(site, repository, "check_suite", body)
    else:
        _tell_only(site, suite.app, ("check_suite", repository, body))


def _tell_only(site: Site, app: int, told: tuple[str, Repository, Json]) -> None:
    name, repository, body = told
    for installed in site.installations(repository):
        if installed.app == app:
            payload = {**body, "installation": {"id": installed.id, "node_id": f"I_{installed.id}"}}
            event = Event(name, body["action"], payload, installed.id, repository.id)
            site.outbox.send(app, event)


def status(site: Site, held: CommitStatus) -> None:
    """Tell that a commit has a new status."""
    repository = _repository(site, held.repository)
    git = site.git(repository)
    branches = [
        repositories.short_branch(site, repository, name, sha)
        for name, sha in git.heads().items()
        if sha == held.sha
    ]
    body = {
        **checks.simple_status(site, repository, held),
        "name": repository.full_name,
        "sha": held.sha,
        "commit": commits.commit(site, repository, git.commit(held.sha)),
        "branches": branches,
        "sender": simple_user(site, held.author),
    }
    tell(site, repository, "status", {k: v for k, v in body.items() if k not in {"node_id", "url"}})


def merge_group(site: Site, repository: Repository, group: MergeGroup, sender: str) -> None:
    """Tell that the merge queue waits for checks of pull requests that it put together."""
    held = site.git(repository).commit(group.head_sha)
    shaped = {
        "head_sha": group.head_sha,
        "head_ref": group.head_ref,
        "base_sha": group.base_sha,
        "base_ref": group.base_ref,
        "head_commit": commits.simple(held),
    }
    body = {
        "action": "checks_requested",
        "merge_group": shaped,
        "sender": simple_user(site, sender),
    }
    tell(site, repository, "merge_group", body)


def deployment(site: Site, held: Deployment) -> None:
    """Tell that a deployment was created."""
    repository = _repository(site, held.repository)
    body = {
        "action": "created",
        "deployment": deployments.deployment(site, repository, held),
        "workflow": None,
        "workflow_run": None,
        "sender": simple_user(site, held.author),
    }
    tell(site, repository, "deployment", body)


def deployment_status(site: Site, held: Deployment, status: DeploymentStatus) -> None:
    """Tell that a deployment has a new status."""
    repository = _repository(site, held.repository)
    body = {
        "action": "created",
        "deployment_status": deployments.status(site, repository, status),
        "deployment": deployments.deployment(site, repository, held),
        "workflow": None,
        "workflow_run": None,
        "sender": simple_user(site, status.author),
    }
    tell(site, repository, "deployment_status", body)


def installation(site: Site, app: App, held: Installation, added: Repository) -> None:
    """Tell an App that it was installed, or that it was given one more repository."""
    shaped = apps.installation(site, held, app)
    body: Json = {"installation": shaped, "sender": simple_user(site, held.account)}
    if len(held.repositories) == 1:
        name = "installation"
        body |= {"action": "created", "repositories": [repositories.named(added)]}
    else:
        name = "installation_repositories"
        body |= {"action": "added", "repositories_added": [repositories.named(added)]}
        body |= {"repositories_removed": [], "repository_selection": "selected"}
    body |= {"requester": None}
    site.outbox.send(app.id, Event(name, body["action"], body, held.id))


def taken_away(site: Site, app: App, lost: tuple[Installation, Repository], *, ended: bool) -> None:
    """Tell an App that it lost a repository, or with it the whole installation."""
    held, repository = lost
    named = [repositories.named(repository)]
    account = simple_user(site, held.account)
    body: Json = {"installation": apps.installation(site, held, app), "sender": account}
    if ended:
        name = "installation"
        body |= {"action": "deleted", "repositories": named}
    else:
        name = "installation_repositories"
        body |= {"action": "removed", "repositories_removed": named, "repositories_added": []}
        body |= {"repository_selection": "selected", "requester": None}
    site.outbox.send(app.id, Event(name, body["action"], body, held.id))


def ping(site: Site, app: App) -> None:
    """Greet an App at its webhook's new address."""
    moment = now()
    url = f"{site.url}/app/hook"
    hook = {
        "type": "App",
        "id": app.hook_id,
        "name": "web",
        "active": True,
        "app_id": app.id,
        "events": list(apps.EVENTS),
        "config": {"content_type": "json", "insecure_ssl": "0", "url": app.webhook_url},
        "updated_at": moment,
        "created_at": moment,
        "deliveries_url": f"{url}/deliveries",
    }
    body = {"zen": "Keep it logically awesome.", "hook_id": app.hook_id, "hook": hook}
    site.outbox.send(app.id, Event("ping", None, body))


def _repository(site: Site, identity: int) -> Repository:
    found = site.store.get(Repository, identity)
    if found is None:
        message = f"repository {identity} is gone"
        raise LookupError(message)
    return found
