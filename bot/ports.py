"""What the engine needs from outside, in small Protocols named for the need.

Clients translate a vendor's errors into the two exceptions here, by status code and never by
text. Refusals that say something about the request itself are values (`bot.core.action`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from bot.build_ports import Builds, Registry, Sources
from bot.core.awaiting import Approvals, Waiting
from bot.core.configuration import Allowed
from bot.core.deployment import Deployment
from bot.core.guest import Guest
from bot.core.known import Known
from bot.core.model import Ask, Environment, Heads, Image, Pushers, Sweep
from bot.core.route import Sampling
from bot.github_ports import Deliveries, GitHubReader, GitHubWriter
from bot.trouble import Broken, Gone, OtherCommit, Transient

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    from bot.core.evidence import Day, RevisionCounts
    from bot.core.sight import OperationSeen, ServiceSeen

__all__ = ["Broken", "GitHubReader", "GitHubWriter", "Gone", "OtherCommit", "Transient"]

Record = (
    Ask
    | Environment
    | Deployment
    | Image
    | Heads
    | Pushers
    | Approvals
    | Known
    | Sweep
    | Guest
    | Waiting
)
R = TypeVar(
    "R",
    Ask,
    Environment,
    Deployment,
    Image,
    Heads,
    Pushers,
    Approvals,
    Known,
    Sweep,
    Guest,
    Waiting,
)


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

    def recent(self, limit: int) -> Sequence[Deployment]:
        """Return every environment's deployments, newest first."""

    def environments(self, repository: int) -> Sequence[Environment]:
        """Return a repository's environments, by name."""


class Publisher(Protocol):
    """The topic `deploy-events`."""

    def publish(self, data: bytes, attributes: dict[str, str]) -> None:
        """Return once the broker has it; raise Transient otherwise."""


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


class Secrets(Protocol):
    """Secret Manager, as far as versions go; values are nobody's business here."""

    def latest(self, project: str, secret: str) -> str:
        """Return the number of a secret's latest version; nothing when there is none."""


class WindowsAsked(NamedTuple):
    """Metric windows: whose, of which time, and what counts as slow there."""

    revisions: Sequence[str]
    since: datetime
    until: datetime
    slow_above: float = 0.0
    """Milliseconds; 0 = nothing is."""
    error_logs: bool = False
    """Whether to count lines of severity ERROR too."""


class Metrics(Protocol):
    """Cloud Monitoring."""

    def windows(self, key: ServiceKey, asked: WindowsAsked) -> tuple[RevisionCounts, ...]:
        """Return the windows of the interval, oldest first, also those without any series."""

    def day(self, key: ServiceKey, asked: WindowsAsked) -> Day:
        """Return one revision's windows; `slow_above` is the least boundary, and 0 lets it choose.

        The boundary is one of the metric's own buckets.
        """


class Logs(Protocol):
    """Cloud Logging."""

    def of_revision(
        self, key: ServiceKey, revision: str, since: datetime, limit: int
    ) -> tuple[str, ...]:
        """Return a revision's last lines, oldest first."""

    def of_build(self, name: str, since: datetime, limit: int) -> tuple[str, ...]:
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
    deliveries: Deliveries
    sweep_every: timedelta
    """How often GitHub is asked for what it could not deliver."""
    builds: Builds
    sources: Sources
    registry: Registry
    services: Services
    secrets: Secrets
    metrics: Metrics
    logs: Logs
    visitor: Visitor
    expected: tuple[str, str] | None = None
    """Environment and commit for which the ask that is followed may wait: since that was put down,
    whatever comes about there wakes it."""
