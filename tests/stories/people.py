"""What people do, over the wire: git, and GitHub's REST API with their own tokens."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from localcloud.cloud import Cloud

T = TypeVar("T")
PATIENCE = 40.0
LINE = requests.Session()
"""One for all people: what they ask again and again needs no new connection each time."""
LINE.trust_env = False


def eventually(
    read: Callable[[], T], wanted: Callable[[T], object], what: str, within: float = PATIENCE
) -> T:
    """Read until it is as wanted; fail with the last thing seen when that takes too long."""
    deadline = time.monotonic() + within
    while True:
        seen = read()
        if wanted(seen):
            return seen
        if time.monotonic() > deadline:
            reason = f"{what} did not come about; last seen: {seen}"
            raise AssertionError(reason)
        time.sleep(0.15)


@dataclass
class Repository:
    """One repository and a working copy of it."""

    cloud: Cloud
    full_name: str
    work: Path
    prefix: str

    def commit(self, files: Mapping[str, str], message: str = "Change") -> str:
        """Write, commit, and return the new commit's hash; empty text removes a file."""
        for name, text in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8") if text else path.unlink(missing_ok=True)
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, branch: str = "main", login: str = "owner") -> None:
        """Push a branch with a person's token."""
        self.git("push", "--quiet", "--force", self.remote(login), f"HEAD:{branch}")

    def remote(self, login: str, full_name: str = "") -> str:
        """Where git finds this repository, or another one, with a person's token."""
        address = f"{self.cloud.github.url}/{full_name or self.full_name}.git"
        return address.replace("://", f"://{login}:{self.cloud.tokens[login]}@")

    def pull_request(
        self, files: Mapping[str, str], branch: str = "change", title: str = "A change"
    ) -> Pull:
        """Branch off main, commit, push, open a pull request, and wait until its head is known."""
        self.git("checkout", "--quiet", "-B", branch, "main")
        self.commit(files, title)
        return self.pull_request_from(branch, title)

    def pull_request_from(self, branch: str, title: str = "A change") -> Pull:
        """Push the branch that is checked out and open a pull request from it."""
        sha = self.git("rev-parse", "HEAD")
        self.push(branch, "writer")
        wanted = {"title": title, "head": branch, "base": "main"}
        number = self.call("POST", "pulls", wanted, "writer")["number"]
        self.git("checkout", "--quiet", "main")
        self.cloud.github.deliveries_idle(10)
        wait_for_the_next_second()
        return Pull(self, number, sha, branch)

    def git(self, *arguments: str) -> str:
        """Run git in the working copy."""
        identity = ["-c", "user.name=owner", "-c", "user.email=owner@users.noreply.github.com"]
        done = subprocess.run(  # noqa: S603  # git with the story's own arguments
            ["git", *identity, *arguments],  # noqa: S607
            cwd=self.work,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def call(self, method: str, path: str, body: object = None, login: str = "owner") -> Any:  # noqa: ANN401  # GitHub's JSON
        """Call GitHub's REST API below this repository."""
        answer = LINE.request(
            method,
            f"{self.cloud.github.url}/repos/{self.full_name}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.cloud.tokens[login]}"},
            timeout=20,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def named_check(self, sha: str, name: str) -> dict[str, Any]:
        """The newest check run of this very name on a commit, once it stands."""

        def newest() -> dict[str, Any] | None:
            runs = self.call("GET", f"commits/{sha}/check-runs?filter=all")["check_runs"]
            return max(
                (run for run in runs if run["name"] == name),
                key=lambda run: int(run["id"]),
                default=None,
            )

        seen = eventually(newest, bool, f"a check run {name!r} on {sha[:7]}")
        assert seen is not None
        return seen

    def checks(self, sha: str, environment: str) -> list[dict[str, Any]]:
        """An environment's check runs on a commit, oldest first."""
        return self.named(sha, f"deploy / {environment}")

    def named(self, sha: str, name: str) -> list[dict[str, Any]]:
        """The check runs of this name on a commit, oldest first."""
        runs = self.call("GET", f"commits/{sha}/check-runs?filter=all&per_page=100")["check_runs"]
        return sorted((run for run in runs if run["name"] == name), key=lambda run: int(run["id"]))

    def check(self, sha: str, environment: str) -> dict[str, Any] | None:
        """The newest check run of an environment on a commit."""
        return next(reversed(self.checks(sha, environment)), None)

    def concluded(self, sha: str, environment: str, within: float = PATIENCE) -> dict[str, Any]:
        """The environment's check run once it is completed."""
        seen = eventually(
            lambda: self.check(sha, environment),
            lambda run: run and run["status"] == "completed",
            f"a completed check run deploy / {environment} on {sha[:7]}",
            within,
        )
        assert seen is not None
        return seen

    def in_staging(self) -> Repository:
        """This repository, once main's first commit is in staging and all of that is told."""
        eventually(
            lambda: self.statuses(self.git("rev-parse", "main"), "staging"),
            lambda states: states[-1:] == ["success"],
            f"{self.full_name} in staging",
        )
        return self

    def cost(self) -> list[str]:
        """What the bot has asked GitHub about this repository so far, tokens and archives aside."""
        below = f"/repos/{self.full_name}/"
        return [
            f"{call.method} {call.route}"
            for call in tuple(self.cloud.github.calls)
            if call.actor == "spillway[bot]"
            and call.kind == "rest"
            and f"{call.path}/".startswith(below)
        ]

    def titled(self, sha: str, environment: str, title: str) -> dict[str, Any]:
        """The environment's check run once it has this title."""
        seen = eventually(
            lambda: self.check(sha, environment),
            lambda run: run and run["output"]["title"] == title,
            f"{title!r} in the check run deploy / {environment} on {sha[:7]}",
        )
        assert seen is not None
        return seen

    def deployments(self, environment: str) -> list[int]:
        """The ids of the GitHub Deployments to an environment, newest first."""
        return [made["id"] for made in self.call("GET", f"deployments?environment={environment}")]

    def states(self, deployment: int) -> list[str]:
        """The states of a GitHub Deployment, oldest first."""
        statuses = self.call("GET", f"deployments/{deployment}/statuses")
        return [status["state"] for status in reversed(statuses)]

    def statuses(self, sha: str, environment: str) -> list[str]:
        """The states of the commit's GitHub Deployment there, oldest first."""
        made = self.call("GET", f"deployments?sha={sha}&environment={environment}")
        assert len(made) <= 1, made
        return self.states(made[0]["id"]) if made else []

    def reached(self, sha: str, environment: str, *states: str) -> None:
        """Wait until these, and no other, are the states of the commit's GitHub Deployment."""
        eventually(
            lambda: self.statuses(sha, environment),
            lambda seen: seen == list(states),
            f"{states} of the deployment of {sha[:7]} to {environment}",
        )


@dataclass
class Pull:
    """A pull request and its conversation."""

    repository: Repository
    number: int
    sha: str
    branch: str = "change"

    def comment(self, body: str, by: str = "writer") -> int:
        """Say something; returns the comment's id."""
        said = self.repository.call("POST", f"issues/{self.number}/comments", {"body": body}, by)
        return int(said["id"])

    def replies(self) -> list[str]:
        """What the bot has said here, oldest first."""
        path = f"issues/{self.number}/comments?per_page=100"
        said = self.repository.call("GET", path)
        return [comment["body"] for comment in said if comment["user"]["type"] == "Bot"]

    def told(self) -> list[str]:
        """The bot's comments about deployments: one each."""
        return [each for each in self.replies() if "<!-- spillway deployment " in each]

    def alerts(self) -> list[str]:
        """The bot's short comments that something went wrong."""
        return [each for each in self.replies() if "<!-- spillway alert " in each]

    def alert(self) -> str:
        """The one alert, once it stands."""
        (alert,) = eventually(self.alerts, bool, f"an alert on #{self.number}")
        return alert

    def reply(self, part: str) -> str:
        """The bot's comment that contains these words, once it stands."""
        found = eventually(
            self.replies,
            lambda said: any(part in each for each in said),
            f"a reply with {part!r} on #{self.number}",
        )
        return next(each for each in found if part in each)

    def answer(self, comment: int) -> str:
        """The bot's one reply to a comment, once it stands."""
        return self.reply(f"/{comment}/0 -->")

    def refusal(self, comment: int) -> str:
        """The bot's answer to a command that it refused, with the reactions that go with it."""
        said = self.answer(comment)
        assert self.reacted(comment, "-1") == ["eyes", "-1"]
        return said

    def reactions(self, comment: int) -> list[str]:
        """The reactions on a comment, oldest first."""
        path = f"issues/comments/{comment}/reactions"
        return [reaction["content"] for reaction in self.repository.call("GET", path)]

    def reacted(self, comment: int, content: str, within: float = PATIENCE) -> list[str]:
        """The reactions, once one of them is this."""
        return eventually(
            lambda: self.reactions(comment),
            lambda seen: content in seen,
            f"reaction {content} on comment {comment}",
            within,
        )

    def push(self, files: Mapping[str, str]) -> str:
        """Add a commit to it, wait until this head is known, and return it."""
        ours = self.repository
        ours.git("checkout", "--quiet", self.branch)
        self.sha = ours.commit(files)
        ours.push(self.branch, "writer")
        ours.git("checkout", "--quiet", "main")
        ours.cloud.github.deliveries_idle(10)
        wait_for_the_next_second()
        return self.sha

    def merge(self) -> str:
        """Merge it and return the merge commit."""
        path = f"pulls/{self.number}/merge"
        merged = self.repository.call("PUT", path, {"merge_method": "merge"})["sha"]
        remote = f"{self.repository.cloud.github.url}/{self.repository.full_name}.git"
        self.repository.git("pull", "--quiet", remote, "main")
        return str(merged)


def wait_for_the_next_second() -> None:
    """GitHub tells times in whole seconds: what is to come later needs a later second."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.02)
