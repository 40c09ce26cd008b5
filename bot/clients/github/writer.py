"""What the bot says on GitHub: made once, looked up after an unknown outcome, edited in place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from bot.clients.github import limits
from bot.clients.github.answers import (
    Check,
    Checks,
    Comment,
    Created,
    DeploymentFound,
    DeploymentMade,
    StatusFound,
)
from bot.clients.github.errors import Missing
from bot.clients.github.exchange import Call
from bot.core.gates import is_production
from bot.ports import OtherCommit

if TYPE_CHECKING:
    from bot.clients.github.session import Session
    from bot.core.github import CheckRun
    from bot.core.model import Repository

PAYLOAD = "spillway"
"""The key under which a GitHub Deployment names ours."""


class Writer:
    """The port GitHubWriter."""

    _session: Session

    def react(self, repository: Repository, comment_id: int, content: str) -> None:
        """Add a reaction; a comment that somebody deleted is left alone."""
        self._tell_if_there(
            repository,
            Call("POST", f"/issues/comments/{comment_id}/reactions", body={"content": content}),
        )

    def comment(self, repository: Repository, number: int, body: str) -> int:
        """Create a comment, cut to what GitHub takes, and return its id."""
        text = limits.shortened(body, limits.COMMENT)
        return self._tell(
            repository, Call("POST", f"/issues/{number}/comments", body={"body": text})
        )

    def find_comment(
        self, repository: Repository, number: int, marker: str, since: datetime
    ) -> int:
        """Return the id of our App's comment that carries the marker, or 0.

        Anybody can write the marker; only what our App wrote counts.
        """
        changed = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        call = Call("GET", f"/issues/{number}/comments", {"since": changed})
        for page in self._session.pages(repository, call):
            for comment in page.read(list[Comment]):
                if comment.body.startswith(marker) and self._ours(comment):
                    return comment.id
        return 0

    def edit_comment(self, repository: Repository, comment_id: int, body: str) -> None:
        """Replace a comment's text; one that somebody deleted is left alone."""
        text = limits.shortened(body, limits.COMMENT)
        call = Call("PATCH", f"/issues/comments/{comment_id}", body={"body": text})
        self._tell_if_there(repository, call)

    def create_check_run(self, repository: Repository, check: CheckRun) -> int:
        """Create a check run and return its id."""
        body = {"head_sha": check.sha, **_shown(check)}
        return self._tell(repository, Call("POST", "/check-runs", body=body))

    def find_check_run(self, repository: Repository, check: CheckRun) -> int:
        """Return the id of our newest check run with this name and external id, or 0."""
        parameters = {
            "check_name": check.name,
            "filter": "all",
            "app_id": str(self._session.app_id),
        }
        call = Call("GET", f"/commits/{check.sha}/check-runs", parameters)
        pages = self._session.pages(repository, call)
        found = (run for page in pages for run in page.read(Checks).check_runs)
        return max((run.id for run in found if _is(run, check)), default=0)

    def edit_check_run(self, repository: Repository, check_run: int, check: CheckRun) -> None:
        """Bring a check run up to date; a completed one can never go back."""
        self._tell(repository, Call("PATCH", f"/check-runs/{check_run}", body=_shown(check)))

    def create_deployment(
        self, repository: Repository, sha: str, environment: str, ours: str
    ) -> int:
        """Create a GitHub Deployment of exactly this commit and return its id.

        GitHub's own defaults would merge the default branch into it, and would wait for our check.
        Raises OtherCommit when GitHub names another commit than it was asked for.
        """
        body = {
            "ref": sha,
            "auto_merge": False,
            "required_contexts": [],
            "payload": {PAYLOAD: ours},
            "environment": environment,
            "description": f"Spillway deployment {ours}"[: limits.STATUS_DESCRIPTION],
            "production_environment": is_production(environment),
        }
        call = Call("POST", "/deployments", body=body)
        made = self._session.ask(repository, call).read(DeploymentMade)
        if made.sha != sha:
            what = f"GitHub's deployment {made.id} is of {made.sha[:7]} and not of {sha[:7]}"
            raise OtherCommit(what, made.id, made.sha)
        return made.id

    def find_deployment(self, repository: Repository, sha: str, environment: str, ours: str) -> int:
        """Return the id of the GitHub Deployment with this payload, or 0."""
        call = Call("GET", "/deployments", {"sha": sha, "environment": environment})
        for page in self._session.pages(repository, call):
            for deployment in page.read(list[DeploymentFound]):
                if _payload(deployment).get(PAYLOAD) == ours:
                    return deployment.id
        return 0

    def deployment_status(
        self, repository: Repository, deployment: int, state: str, description: str, url: str
    ) -> int:
        """Add a status and return its id.

        GitHub itself sets earlier deployments inactive, save in production.
        """
        body = {
            "state": state,
            "description": limits.first_line(description, limits.STATUS_DESCRIPTION),
            **({"environment_url": url} if url else {}),
        }
        return self._tell(
            repository, Call("POST", f"/deployments/{deployment}/statuses", body=body)
        )

    def find_deployment_status(self, repository: Repository, deployment: int, state: str) -> int:
        """Return the id of the deployment's newest status when it has this state, or 0."""
        call = Call("GET", f"/deployments/{deployment}/statuses", {"per_page": "1"})
        newest = self._session.ask(repository, call).read(list[StatusFound])
        return next((status.id for status in newest if status.state == state), 0)

    def _tell(self, repository: Repository, call: Call) -> int:
        """Return the id of what was made; raise Broken when GitHub names none."""
        return self._session.ask(repository, call).read(Created).id

    def _tell_if_there(self, repository: Repository, call: Call) -> None:
        try:
            self._tell(repository, call)
        except Missing:
            return

    def _ours(self, comment: Comment) -> bool:
        if comment.performed_via_github_app:
            return comment.performed_via_github_app.id == self._session.app_id
        user = comment.user
        return user is not None and user.type == "Bot" and user.login == self._session.login


def _is(run: Check, check: CheckRun) -> bool:
    return run.external_id == check.external_id


def _shown(check: CheckRun) -> dict[str, Any]:
    summary = limits.summary(check.summary)
    fields = {
        "name": check.name,
        "external_id": check.external_id,
        "status": check.status,
        "conclusion": check.conclusion,
        "details_url": check.details_url,
        "started_at": _time(check.started_at),
        "completed_at": _time(check.completed_at),
        "actions": [msgspec.structs.asdict(button) for button in check.buttons],
    }
    told = {name: value for name, value in fields.items() if value}
    return {**told, "output": {"title": check.title, "summary": summary}}


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def _payload(deployment: DeploymentFound) -> dict[str, Any]:
    """Return the payload, which GitHub may show as JSON within a text."""
    payload = deployment.payload
    try:
        if isinstance(payload, str):
            payload = msgspec.json.decode(payload)
    except msgspec.MsgspecError:
        return {}
    return payload if isinstance(payload, dict) else {}
