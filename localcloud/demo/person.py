"""A person on GitHub: opens pull requests, comments, reads; with a token, over the REST API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

TIMEOUT = 30.0
REACTIONS = {"eyes": "👀", "rocket": "🚀", "-1": "👎", "+1": "👍"}


class GitHubSaysNo(Exception):  # noqa: N818  # it names what happened
    """GitHub refused what a person wanted; the text has its answer."""


@dataclass(frozen=True)
class CheckRun:
    """A check run as the pull request shows it."""

    name: str
    status: str
    conclusion: str
    title: str

    @classmethod
    def read(cls, told: dict[str, Any]) -> CheckRun:
        """Return GitHub's JSON as a check run."""
        title = told["output"]["title"] or ""
        return cls(told["name"], told["status"], told["conclusion"] or "", title)

    def __str__(self) -> str:
        state = self.conclusion or self.status.replace("_", " ")
        return f"{self.name} · {state} · {self.title}"


@dataclass(frozen=True)
class Comment:
    """A comment as the conversation shows it."""

    id: int
    author: str
    body: str
    at: str
    reactions: str

    @classmethod
    def read(cls, told: dict[str, Any]) -> Comment:
        """Return GitHub's JSON as a comment."""
        given = told["reactions"]
        signs = "".join(sign for name, sign in REACTIONS.items() if given.get(name))
        return cls(told["id"], told["user"]["login"], told["body"], told["created_at"], signs)


@dataclass(frozen=True)
class Deployment:
    """A GitHub Deployment with its statuses, oldest first."""

    environment: str
    sha: str
    statuses: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """Somebody with a login and a token, in one repository."""

    login: str
    token: str = field(repr=False)
    api: str
    """The repository's address in the REST API."""

    def open_pull(self, title: str, body: str, branch: str) -> int:
        """Open a pull request into main and return its number."""
        wanted = {"title": title, "body": body, "head": branch, "base": "main"}
        return int(self._call("POST", "pulls", wanted)["number"])

    def say(self, number: int, text: str) -> int:
        """Comment on a pull request and return the comment's id."""
        return int(self._call("POST", f"issues/{number}/comments", {"body": text})["id"])

    def move(self, branch: str, sha: str) -> None:
        """Let a branch stand at a commit that GitHub has already: the quickest push there is."""
        self._call("PATCH", f"git/refs/heads/{branch}", {"sha": sha})

    def pull(self, number: int) -> dict[str, Any]:
        """Return a pull request as GitHub's JSON."""
        return dict(self._call("GET", f"pulls/{number}"))

    def open_pulls(self) -> tuple[int, ...]:
        """Return the numbers of the open pull requests, oldest first."""
        found = self._call("GET", "pulls?state=open&sort=created&direction=asc&per_page=100")
        return tuple(told["number"] for told in found)

    def head(self, branch: str) -> tuple[str, str]:
        """Return a branch's commit: its SHA and its message."""
        told = self._call("GET", f"commits/{branch}")
        return str(told["sha"]), str(told["commit"]["message"])

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Return a pull request's comments, oldest first."""
        found = self._call("GET", f"issues/{number}/comments?per_page=100")
        return tuple(Comment.read(told) for told in found)

    def check_runs(self, sha: str) -> tuple[CheckRun, ...]:
        """Return a commit's check runs."""
        found = self._call("GET", f"commits/{sha}/check-runs?per_page=100")["check_runs"]
        return tuple(CheckRun.read(told) for told in found)

    def deployments(self, sha: str) -> tuple[Deployment, ...]:
        """Return a commit's deployments."""
        found = self._call("GET", f"deployments?sha={sha}&per_page=100")
        return tuple(
            Deployment(told["environment"], told["sha"], self._statuses(told["id"]))
            for told in reversed(found)
        )

    def _statuses(self, deployment: int) -> tuple[str, ...]:
        found = self._call("GET", f"deployments/{deployment}/statuses?per_page=100")
        return tuple(told["state"] for told in reversed(found))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  # GitHub's JSON
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
        }
        url = f"{self.api}/{path}"
        answer = requests.request(method, url, json=body, headers=headers, timeout=TIMEOUT)
        if not answer.ok:
            message = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
            raise GitHubSaysNo(message)
        return answer.json()
