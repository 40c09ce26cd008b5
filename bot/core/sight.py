"""What one look sees of the world, through the ports; a phase asks only for what it needs."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from bot.core.deployment import SmokeAnswer
from bot.core.evidence import Day, Window
from bot.core.model import Refusal, Release
from bot.core.rejected import Rejected


class BuildState(StrEnum):
    """Cloud Build's statuses, as far as they matter here."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class BuildFault(StrEnum):
    """What made a build fail, as Cloud Build classifies it."""

    OTHER = ""
    STEP = "step"
    TIMED_OUT = "timed_out"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PUSH_DENIED = "push_denied"
    IMAGE_MISSING = "image_missing"
    SOURCE = "source"


class BuildSeen(Struct, frozen=True, kw_only=True):
    """One build."""

    name: str
    state: BuildState
    digest: str = ""
    """Of the image that was asked for; only after success."""
    detail: str = ""
    """Cloud Build's status and its own words for a failure."""
    fault: BuildFault = BuildFault.OTHER
    log_url: str = ""


class OperationSeen(Struct, frozen=True, kw_only=True):
    """One Cloud Run operation."""

    done: bool
    error: str = ""


class TrafficSeen(Struct, frozen=True, kw_only=True):
    """One traffic target that a service really has; LATEST is resolved to its revision."""

    revision: str
    percent: int
    tag: str = ""
    uri: str = ""


class RevisionSeen(Struct, frozen=True, kw_only=True):
    """One revision."""

    name: str
    ready: bool | None
    """None while Cloud Run still reconciles it."""
    reason: str = ""
    message: str = ""
    image: str = ""
    labels: dict[str, str] = field(default_factory=dict)


class ServiceSeen(Struct, frozen=True, kw_only=True):
    """One Cloud Run service; `exists=False` when there is none."""

    exists: bool
    etag: str = ""
    uri: str = ""
    url_disabled: bool = False
    """Neither the service nor a tag of it has an address of Cloud Run's."""
    reconciling: bool = False
    unrouted: str = ""
    """Why Cloud Run cannot give the traffic as it is wanted; empty while it can."""
    latest_created: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    traffic: tuple[TrafficSeen, ...] = ()
    tags_wanted: frozenset[str] = frozenset()
    """Every tag that was asked for; one on a revision that never became ready is not in traffic."""
    follows_latest: bool = False
    """Whether all traffic goes to whichever revision is the newest ready one."""
    revisions: dict[str, RevisionSeen] = field(default_factory=dict)
    """Those that were asked for and exist; the serving one always."""

    @property
    def serving(self) -> str:
        """The one revision with all the traffic, or nothing when traffic is split."""
        return next((name for name, share in self.shares.items() if share == 100), "")  # noqa: PLR2004

    @property
    def shares(self) -> dict[str, int]:
        """Every revision that has traffic, with its percentage."""
        return {one.revision: self.share_of(one.revision) for one in self.traffic if one.percent}

    def share_of(self, revision: str) -> int:
        """Return the percentage that a revision has."""
        return sum(target.percent for target in self.traffic if target.revision == revision)

    def tagged(self, tag: str) -> str:
        """Return the revision that a tag leads to, or nothing; it may have no address."""
        return next((target.revision for target in self.traffic if target.tag == tag), "")

    def tag_url(self, tag: str) -> str:
        """Return the address of a tag, or nothing."""
        return next((target.uri for target in self.traffic if target.tag == tag), "")


class Memory(Struct, frozen=True, kw_only=True):
    """What the environment ran and took back before; newest first."""

    live: Release | None = None
    past: tuple[Release, ...] = ()
    rejected: tuple[Rejected, ...] = ()


class Sight(Struct, frozen=True, kw_only=True):
    """Everything that one look saw, by service name where it is per service."""

    services: dict[str, ServiceSeen] = field(default_factory=dict)
    operations: dict[str, OperationSeen] = field(default_factory=dict)
    builds: dict[str, BuildSeen] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    """Service → digest of an image built earlier from the same input, young enough to reuse."""
    memory: Memory = Memory()
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    """Service → secret → its latest version; an empty version when there is none."""
    unpinned: str = ""
    """Why the versions of secrets could not be read; empty when they could."""
    unreleased: frozenset[str] = frozenset()
    """Services whose serving revision was made by a first deployment of ours that failed."""
    smoke: dict[str, tuple[SmokeAnswer, ...]] = field(default_factory=dict)
    replaced_by: str = ""
    """The pull request's newest head, which does not hold the commit any more."""
    followed_by: str = ""
    """The pull request's newest head, which holds the commit."""
    windows: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    days: dict[str, Day] = field(default_factory=dict)
    """Stable's last day, where it was wanted and could be read."""
    metrics_down: str = ""
    """Why Cloud Monitoring could not be read; empty when it could."""
    logs: tuple[str, ...] | None = None
    """The last lines of what failed, oldest first."""
    refusals: tuple[Refusal, ...] = ()
    """What the gates have against it, now that its turn has come."""
