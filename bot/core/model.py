"""The nouns: what people asked for, where it goes, and how far it has come.

Three records are kept, each written by version: Ask, Environment, Deployment. Everything is
frozen; a change is a new value. Times are aware and in UTC.

Next: bot/webhook.py
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from bot.core.configuration import EnvironmentPlan, ServicePlan
from bot.core.evidence import Evidence, Verdict


class Repository(Struct, frozen=True):
    """A GitHub repository: the id is its identity, the name may change."""

    id: int
    full_name: str
    installation: int


class AskKind(StrEnum):
    """How somebody asked."""

    COMMENT = "comment"
    PUSH = "push"


class AskState(StrEnum):
    """How far an ask has come; only NEW asks are looked at again."""

    NEW = "new"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    ANSWERED = "answered"


class Ask(Struct, frozen=True, kw_only=True):
    """One line of one comment, or one push: created exactly once under its natural key."""

    key: str
    kind: AskKind
    repository: Repository
    actor: str
    text: str = ""
    """The command line as received; never read again from GitHub, where it could be edited."""
    number: int | None = None
    """The pull request."""
    comment_id: int | None = None
    ref: str = ""
    sha: str = ""
    """For a push: the branch and its new head."""
    created_at: datetime
    """GitHub's time of the comment, or our time of receipt of the push."""
    state: AskState = AskState.NEW
    deployment: str = ""
    acknowledged: bool = False
    """Whether the comment carries our eyes reaction."""
    replying: bool = False
    """Set before a reply is made, so that an unknown outcome is looked up and not repeated."""
    attempts: int = 0
    wake_at: datetime | None = None
    lease_until: datetime | None = None


class Release(Struct, frozen=True, kw_only=True):
    """What an environment runs: the full map, unchanged services included."""

    deployment: str
    sha: str
    number: int | None
    at: datetime
    services: dict[str, ReleasedService]


class ReleasedService(Struct, frozen=True, kw_only=True):
    """One service of a release."""

    revision: str
    digest: str
    settings_hash: str
    sha: str


class Environment(Struct, frozen=True, kw_only=True):
    """A place that deployments go to, one at a time; the lease over its services lives here."""

    key: str
    """`<repository id>/<name>`."""
    name: str
    repository: Repository
    active: str = ""
    queue: tuple[str, ...] = ()
    watching: str = ""
    telling: tuple[str, ...] = ()
    """Ended deployments of which something is still to be said on GitHub."""
    live: Release | None = None
    previous: Release | None = None
    """What ran before `live`: where a rollback in the watch goes."""
    asked: int = 0
    """Grows with every wish for a look, so that whoever holds the lease looks again."""
    lease_holder: str = ""
    lease_until: datetime | None = None


class Phase(StrEnum):
    """Where a deployment is; `bot/core/rollout/table.py` holds every transition."""

    QUEUED = "queued"
    BUILDING = "building"
    STAGING = "staging"
    SMOKE = "smoke"
    SHIFTING = "shifting"
    WATCHING = "watching"
    ROLLING_BACK = "rolling_back"
    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"


class FailureCode(StrEnum):
    """Why a deployment ended badly: a closed set, for machines."""

    BUILD_FAILED = "build_failed"
    BUILD_INVALID = "build_invalid"
    REVISION_NOT_READY = "revision_not_ready"
    SMOKE_FAILED = "smoke_failed"
    CANARY_WORSE = "canary_worse"
    TRAFFIC_CHANGED = "traffic_changed"
    TRAFFIC_SPLIT = "traffic_split"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    INTERNAL = "internal"


class Failure(Struct, frozen=True, kw_only=True):
    """What failed and why, as people will read it."""

    code: FailureCode
    service: str
    reason: str
    """One sentence."""
    detail: str = ""
    """What the outside world said: a condition, an answer, a build's status."""
    logs: tuple[str, ...] | None = None
    """The last lines of the build or revision; None until they were asked for."""
    link: str = ""


class SmokeAnswer(Struct, frozen=True, kw_only=True):
    """What one smoke check got."""

    request: str
    """Method and path."""
    passed: bool
    got: str
    """Status and the beginning of the body, or why there was none."""


class ServiceRollout(Struct, frozen=True, kw_only=True):
    """One service within one deployment."""

    plan: ServicePlan
    settings_hash: str
    reuse_key: str = ""
    changed: bool = True
    """False when the serving revision already is what was asked for."""
    build: str = ""
    """Cloud Build's resource name, once it answered."""
    build_asked: bool = False
    """Set before CreateBuild, so that an unknown outcome is looked up and not repeated."""
    digest: str = ""
    first: bool = False
    """There was no service before: no canary is possible."""
    stable: str = ""
    """The revision that served everything when this deployment met the service."""
    revision: str
    tag: str
    operation: str = ""
    """An accepted, unfinished Cloud Run operation."""
    url: str = ""
    tag_url: str = ""
    share: int = 0
    """The canary's last seen percentage."""
    smoke: tuple[SmokeAnswer, ...] = ()
    smoke_attempts: int = 0
    smoke_passed: bool = False
    opened: bool = False
    """Whether anybody may call it, where deploy.yaml wants that."""
    evidence: Evidence = Evidence()
    verdict: Verdict | None = None


class Sampling(Struct, frozen=True, kw_only=True):
    """How Cloud Monitoring counts: the length of a window, and how late it may be seen."""

    window: timedelta
    lag: timedelta


class StepTaken(Struct, frozen=True, kw_only=True):
    """One line of the rollout's story."""

    at: datetime
    share: int
    services: tuple[str, ...]
    why: str


class Told(Struct, frozen=True, kw_only=True):
    """What stands on GitHub already: ids of what was made, hashes of what was said."""

    check_run: int = 0
    check_again: bool = False
    """A second check run was needed: the first was completed when the watch rolled back."""
    check_run_hash: str = ""
    github_deployment: int = 0
    status: str = ""
    comment: int = 0
    comment_hash: str = ""
    commented_at: datetime | None = None
    alert: int = 0
    reaction: str = ""
    retired: int = 0
    """The GitHub Deployment before ours that we set inactive."""
    attempted: tuple[str, ...] = ()
    """What we set out to make and have no id of: looked up before it is made again."""


class Deployment(Struct, frozen=True, kw_only=True):
    """One commit going to one environment."""

    id: str
    repository: Repository
    environment: str
    sha: str
    trusted_sha: str
    """The default branch's commit that gates and cloudbuild.yaml were read from."""
    actor: str
    ask: str
    number: int | None = None
    comment_id: int | None = None
    created_at: datetime
    phase: Phase = Phase.QUEUED
    phase_since: datetime
    waiting: str = ""
    """What it waits for within the phase, as people tell it apart."""
    wake_at: datetime | None
    attempts: int = 0
    """Looks in a row that outside trouble spoiled: sets the back-off."""
    plan: EnvironmentPlan
    cloudbuild: str
    """The trusted cloudbuild.yaml's text."""
    sampling: Sampling
    services: tuple[ServiceRollout, ...]
    level: int = 0
    share: int = 0
    """The canary percentage that this level should have now."""
    share_since: datetime | None = None
    """When every service of the level was seen at that percentage."""
    steps_taken: tuple[StepTaken, ...] = ()
    failure: Failure | None = None
    finished_at: datetime | None = None
    told: Told = Told()

    @property
    def key(self) -> str:
        """The key it is stored under."""
        return self.id

    @property
    def environment_key(self) -> str:
        """The record of the environment that it goes to."""
        return f"{self.repository.id}/{self.environment}"


class Image(Struct, frozen=True, kw_only=True):
    """An image that one of our own builds made: reuse key → digest, never from a tag."""

    key: str
    digest: str
    built_at: datetime


class Heads(Struct, frozen=True, kw_only=True):
    """When signed deliveries first showed us each head of a pull request."""

    key: str
    """`<repository id>/<pull request>`."""
    first_seen: dict[str, datetime]
    """Full SHA → our time of receipt."""


class Refusal(Struct, frozen=True, kw_only=True):
    """Why something was not done, and the exact next thing to type."""

    code: str
    reason: str
    remedy: str = ""
    commands: tuple[str, ...] = field(default_factory=tuple)
