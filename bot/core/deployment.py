"""One commit going to one environment: how far it has come, and all that it must not forget.

Next: bot/webhook.py
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from bot.core.configuration import EnvironmentPlan, ServicePlan
from bot.core.control import Pause, Promotion
from bot.core.evidence import Evidence, History, Verdict, Window
from bot.core.failure import Failure, FailureCode
from bot.core.model import Release, Repository
from bot.core.rejected import Rejected
from bot.core.route import Course, Route, Sampling, Split
from bot.core.standing import Standing
from bot.core.told import Told

__all__ = ["Failure", "FailureCode"]


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
    ABORTED = "aborted"
    SUPERSEDED = "superseded"


class SmokeAnswer(Struct, frozen=True, kw_only=True):
    """What one smoke check got."""

    request: str
    """Method and path."""
    passed: bool
    got: str
    """Status and the beginning of the body, or why there was none."""


class Setback(Struct, frozen=True, kw_only=True):
    """Writes of a service's traffic in a row that Cloud Run took and then failed at."""

    times: int
    words: str
    """What it said to the last of them."""
    until: datetime
    """It is not asked again before."""


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
    build_over: bool = False
    """Nothing of the build goes on any more: it was cancelled, or had ended by itself."""
    digest: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    """Secret → the version that `latest` meant when this deployment began."""
    standing: bool = False
    """The revision stood before this deployment, which only moves traffic to it."""
    first: bool = False
    """There was no service before: no canary is possible."""
    stable: str = ""
    """The revision that served everything when this deployment met the service."""
    stable_digest: str = ""
    """Of the image that it runs, where Cloud Run says it."""
    pinned: bool = False
    """Its traffic followed the latest revision, whichever that was, until this deployment."""
    split: dict[str, int] = {}
    """How the traffic is divided where no revision has all of it."""
    kept: tuple[str, ...] | None = None
    """What stands on the service beside what deploy.yaml names, and stays: names only. None until
    Cloud Run has said that it makes the revision."""
    revision: str
    tag: str
    operation: str = ""
    """An accepted, unfinished Cloud Run operation."""
    setback: Setback | None = None
    """Set while its traffic is not where it should be, because Cloud Run fails to move it."""
    returning: bool = False
    """Its traffic was asked back: a write that fails from then on is one of the return."""
    url: str = ""
    tag_url: str = ""
    share: int = 0
    """The canary's last seen percentage."""
    smoke: tuple[SmokeAnswer, ...] = ()
    smoke_attempts: int = 0
    smoke_passed: bool = False
    opened: bool = False
    """Whether anybody may call it, where deploy.yaml wants that."""
    history: History | None = None
    """Stable's last day in short; None until it was read."""
    slow_above: float = 0.0
    """Milliseconds above which an answer counts as slow: frozen before the rollout."""
    splits: tuple[Split, ...] = ()
    """When it had which share of the traffic."""
    windows: tuple[Window, ...] = ()
    """What the verdict was built from, to explain and replay it: the latest ones."""
    before: Evidence = Evidence()
    """What the windows before those said."""
    evidence: Evidence = Evidence()
    verdict: Verdict | None = None


class StepTaken(Struct, frozen=True, kw_only=True):
    """One line of the rollout's story."""

    at: datetime
    share: int
    services: tuple[str, ...]
    why: str


class Revisit(Struct, frozen=True, kw_only=True):
    """Smoke checks made once more, because too few requests speak for the next step."""

    since: datetime
    left: tuple[str, ...]
    """Services that have yet to pass them."""
    passed: tuple[str, ...] = ()


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
    branch: str = ""
    """The branch whose push asked for it; empty when a person did."""
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
    build_limit: timedelta = timedelta(hours=2, minutes=10)
    """How long its builds may take, the time in Cloud Build's queue included."""
    sampling: Sampling
    services: tuple[ServiceRollout, ...]
    restores: Release | None = None
    """The earlier release that this one returns to; then nothing is built."""
    away_from: Rejected | None = None
    retry: bool = False
    skips: str = ""
    """Why traffic goes to 100 % at once, without the steps between."""
    level: int = 0
    share: int = 0
    """The canary percentage that this level should have now."""
    share_since: datetime | None = None
    """When every service of the level was seen at that percentage."""
    route: Route = Route()
    """The steps of this level, chosen as it began."""
    course: Course = Course()
    blind_since: datetime | None = None
    """Since when nothing can be seen of the canary's requests."""
    unseen: str = ""
    """Why not; after a step that was taken all the same, that it was."""
    revisit: Revisit | None = None
    shadow: str = ""
    """What a shadow verdict would have done, once it would have."""
    moved: bool = False
    """Somebody else moved the traffic of this level, and has not put it back."""
    paused: Pause | None = None
    promoted: Promotion | None = None
    approved: int = 0
    """The highest share that people have let it reach."""
    approval_since: datetime | None = None
    retaken_by: str = ""
    """Who wants the traffic back where the rollout had it, after somebody else moved it."""
    traffic_found: str = ""
    stuck: bool = False
    """Traffic could not be returned for so long that people must be told."""
    command: str = ""
    """What to type to ask for the same again."""
    steps_taken: tuple[StepTaken, ...] = ()
    followed_by: str = ""
    """The pull request's newest head that was found to hold this commit."""
    failure: Failure | None = None
    finished_at: datetime | None = None
    told: Told = Told()
    standing: Standing | None = None
    """None for what no gate judged, such as a rollback."""

    @property
    def key(self) -> str:
        """The key it is stored under."""
        return self.id

    @property
    def environment_key(self) -> str:
        """The record of the environment that it goes to."""
        return f"{self.repository.id}/{self.environment}"
