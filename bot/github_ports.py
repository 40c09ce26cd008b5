"""What the engine needs from GitHub: its questions, what is said, and the App's own webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.core.github import (
        Attempt,
        BranchSeen,
        CheckRun,
        CheckSeen,
        Glance,
        PathSeen,
        PullRequest,
        RequiredCheck,
        Review,
    )
    from bot.core.model import Repository


class GateReader(Protocol):
    """Questions that only some repositories' gates ask; half an answer is an error."""

    def member(self, repository: Repository, team: str, login: str) -> bool:
        """Tell whether somebody belongs to `organization/team`."""

    def behind(self, repository: Repository, sha: str, branch: str) -> int | None:
        """Return how many commits of a branch a commit lacks, or None when that is not known."""

    def changed_files(self, repository: Repository, base: str, sha: str) -> frozenset[str] | None:
        """Return what changed since a commit parted from a branch; None for too much to list."""

    def checks(self, repository: Repository, sha: str) -> tuple[CheckSeen, ...]:
        """Return every check on a commit but our own, only the newest run of each."""

    def branch(self, repository: Repository, name: str) -> BranchSeen | None:
        """Return a branch with the checks that its protection requires, or None for none such."""

    def ruled_checks(self, repository: Repository, branch: str) -> tuple[RequiredCheck, ...]:
        """Return the checks that rulesets require before a merge into a branch."""

    def reviews(self, repository: Repository, number: int) -> tuple[Review, ...]:
        """Return every review of a pull request, oldest first."""

    def open_pull_requests(self, repository: Repository) -> tuple[PullRequest, ...]:
        """Return every open pull request."""


class GitHubReader(GateReader, Protocol):
    """Questions to GitHub about one repository."""

    def at_a_glance(self, repository: Repository, wanted: Glance) -> GitHubReader:
        """Return a reader that knows some answers already, by one request; it raises nothing."""

    def permission(self, repository: Repository, login: str) -> str:
        """Return the role: none, read, triage, write, maintain or admin."""

    def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        """Return the pull request, or None when there is none."""

    def pull_request_of(self, repository: Repository, sha: str) -> PullRequest | None:
        """Return the merged pull request that brought a commit, or None."""

    def default_branch(self, repository: Repository) -> str:
        """Return the default branch's name."""

    def branch_head(self, repository: Repository, branch: str) -> str | None:
        """Return a branch's commit, or None when there is no such branch."""

    def contains(self, repository: Repository, sha: str, branch: str) -> bool:
        """Tell whether a commit is an ancestor of a branch, decided by compare, never by lookup.

        The branch is given by its commit: by name it could be a tag as well.
        """

    def file(self, repository: Repository, path: str, sha: str) -> str | None:
        """Return a text file's content at a commit, or None when there is none."""

    def trees(self, repository: Repository, sha: str, paths: Sequence[str]) -> dict[str, str]:
        """Return the git object id of each path that exists at a commit."""

    def paths(self, repository: Repository, sha: str) -> tuple[PathSeen, ...]:
        """Return every path of a commit; it costs nothing after `trees`."""

    def archive(self, repository: Repository, sha: str) -> Iterator[bytes]:
        """Stream GitHub's gzipped tarball of exactly this commit, in bounded memory."""


class GitHubWriter(Protocol):
    """What the bot says on GitHub. Every effect can be looked up before it is made again."""

    def react(self, repository: Repository, comment_id: int, content: str) -> None:
        """Add a reaction; GitHub keeps one of each kind per user."""

    def comment(self, repository: Repository, number: int, body: str) -> int:
        """Create a comment and return its id."""

    def find_comment(
        self, repository: Repository, number: int, marker: str, since: datetime
    ) -> int:
        """Return the id of our App's comment that carries the marker, or 0."""

    def edit_comment(self, repository: Repository, comment_id: int, body: str) -> None:
        """Replace a comment's text; one that somebody deleted is left alone."""

    def create_check_run(self, repository: Repository, check: CheckRun) -> int:
        """Create a check run and return its id."""

    def find_check_run(self, repository: Repository, check: CheckRun) -> int:
        """Return the id of our check run with this name and external id, or 0."""

    def edit_check_run(self, repository: Repository, check_run: int, check: CheckRun) -> None:
        """Bring a check run up to date."""

    def create_deployment(
        self, repository: Repository, sha: str, environment: str, ours: str
    ) -> int:
        """Create a GitHub Deployment whose payload names ours; return its id.

        Raises OtherCommit when GitHub makes it of another commit.
        """

    def find_deployment(self, repository: Repository, sha: str, environment: str, ours: str) -> int:
        """Return the id of the GitHub Deployment with this payload, or 0."""

    def deployment_status(
        self, repository: Repository, deployment: int, state: str, description: str, url: str
    ) -> int:
        """Add a status and return its id; `url` is the environment's address, empty for none."""

    def find_deployment_status(self, repository: Repository, deployment: int, state: str) -> int:
        """Return the id of the deployment's newest status when it has this state, or 0."""


class Deliveries(Protocol):
    """The webhook deliveries of our App."""

    def attempts(self, since: datetime) -> Sequence[Attempt]:
        """Return a few hundred of the newest attempts, and what else was tried since a time."""

    def again(self, attempt: int) -> None:
        """Have the delivery of an attempt made again."""
