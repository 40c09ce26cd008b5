"""What the engine needs from outside, in small Protocols named for the need.

Clients translate a vendor's errors into the two exceptions here, by status code and never by
text. Refusals that say something about the request itself are values (`bot.core.action`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

from bot.build_ports import Builds, Registry, Sources
from bot.core.configuration import Allowed
from bot.core.deployment import Deployment, Sampling
from bot.core.model import Ask, Environment, Heads, Image
from bot.trouble import Broken, Transient

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.action import (
        Accepted,
        Conflicted,
        OpenToAll,
        Rejected,
        Shift,
        Stage,
    )
    from bot.core.configuration import ServiceKey, SmokeCheck
    from bot.core.deployment import SmokeAnswer
    from bot.core.evidence import RevisionCounts
    from bot.core.github import CheckRun, PullRequest
    from bot.core.model import Repository
    from bot.core.sight import OperationSeen, ServiceSeen

__all__ = ["Broken", "Transient"]

Record = Ask | Environment | Deployment | Image | Heads
R = TypeVar("R", Ask, Environment, Deployment, Image, Heads)


class Write(Struct, frozen=True):
    """A record to be stored if the stored version still is this one; 0 = it must not exist."""

    record: Record
    version: int


class Store(Protocol):
    """Where records are kept; several in one atomic write."""

    def get(self, kind: type[R], key: str) -> tuple[R, int] | None:
        """Return the record and its version, or None."""

    def commit(self, *writes: Write) -> bool:
        """Store all of them, or none when any version no longer holds."""

    def due(self, now: datetime, limit: int) -> Sequence[Ask | Deployment]:
        """Return records with `wake_at` ≤ now, oldest first."""

    def history(self, environment: str, limit: int) -> Sequence[Deployment]:
        """Return an environment's deployments, newest first."""

    def environments(self, repository: int) -> Sequence[Environment]:
        """Return a repository's environments, by name."""


class Publisher(Protocol):
    """The topic `deploy-events`."""

    def publish(self, data: bytes, attributes: dict[str, str]) -> None:
        """Return once the broker has it; raise Transient otherwise."""


class GitHubReader(Protocol):
    """Questions to GitHub about one repository."""

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
        """Tell whether a commit is an ancestor of a branch, decided by compare, never by lookup."""

    def file(self, repository: Repository, path: str, sha: str) -> str | None:
        """Return a text file's content at a commit, or None when there is none."""

    def trees(self, repository: Repository, sha: str, paths: Sequence[str]) -> dict[str, str]:
        """Return the git object id of each path that exists at a commit."""

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
        """Create a GitHub Deployment whose payload names our deployment `ours`; return its id."""

    def find_deployment(self, repository: Repository, sha: str, environment: str, ours: str) -> int:
        """Return the id of the GitHub Deployment with this payload, or 0."""

    def deployment_status(
        self, repository: Repository, deployment: int, state: str, description: str, url: str
    ) -> int:
        """Add a status and return its id; `url` is the environment's address, empty for none."""

    def find_deployment_status(self, repository: Repository, deployment: int, state: str) -> int:
        """Return the id of the deployment's newest status when it has this state, or 0."""


class Services(Protocol):
    """Cloud Run."""

    def service(self, key: ServiceKey, revisions: Sequence[str]) -> ServiceSeen:
        """Return the service with its serving revision and those named."""

    def operation(self, key: ServiceKey, name: str) -> OperationSeen:
        """Return how an operation stands."""

    def stage(self, action: Stage) -> Accepted | Conflicted | Rejected:
        """Make the revision at 0 % with its tag, or create the service."""

    def shift(self, action: Shift) -> Accepted | Conflicted | Rejected:
        """Move traffic in one write."""

    def open_to_all(self, action: OpenToAll) -> Accepted | Conflicted | Rejected:
        """Let anybody call the service."""


class Metrics(Protocol):
    """Cloud Monitoring."""

    def windows(
        self, key: ServiceKey, revisions: Sequence[str], since: datetime, until: datetime
    ) -> tuple[RevisionCounts, ...]:
        """Return the windows of the interval, oldest first, also those without any series."""


class Logs(Protocol):
    """Cloud Logging."""

    def of_revision(self, key: ServiceKey, revision: str, limit: int) -> tuple[str, ...]:
        """Return a revision's last lines, oldest first."""

    def of_build(self, name: str, limit: int) -> tuple[str, ...]:
        """Return a build's last lines, oldest first."""


class Visitor(Protocol):
    """Smoke checks over HTTP."""

    def visit(
        self, url: str, audience: str, checks: Sequence[SmokeCheck]
    ) -> tuple[SmokeAnswer, ...]:
        """Make the requests, each with an ID token for `audience`; stop at the first that fails."""


class World(Struct, frozen=True):
    """Every port, wired once in `bot/wiring.py`; tests hand in their own."""

    allowed: Allowed | None
    """The operator's settings; None lets every repository deploy."""
    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    """Waits seconds, at most a few: only while an operation is about to end."""
    sampling: Sampling
    store: Store
    publisher: Publisher
    github: GitHubReader
    voice: GitHubWriter
    builds: Builds
    sources: Sources
    registry: Registry
    services: Services
    metrics: Metrics
    logs: Logs
    visitor: Visitor
