"""What deploy.yaml means once it is read, merged and resolved for one environment.

These nouns are stored with every deployment, so that a running rollout never changes its rules
when somebody edits the file. `bot/core/manifest/` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from msgspec import Struct, field

from bot.core.gates import Gates
from bot.core.route import Policy

AUTO_STEPS: tuple[int, ...] = ()
"""Shares and bakes follow from the service's own traffic (`bot/core/course.py`)."""


class Probe(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A startup or liveness probe, in gcloud's words; seconds are whole."""

    http_get: str = ""
    """Path to GET; empty means a TCP connect."""
    port: int | None = None
    initial_delay: int = 0
    timeout: int = 1
    period: int = 10
    failures: int = 3


class CloudRun(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A service's settings under the names of `gcloud run deploy` flags.

    None means that deploy.yaml does not name the key: a live service keeps what it has
    (https://cloud.google.com/sdk/gcloud/reference/run/deploy).
    """

    port: int | None = None
    memory: str | None = None
    cpu: str | int | float | None = None
    timeout: int | None = None
    """Request time-out in seconds."""
    concurrency: int | None = None
    min_instances: int | None = None
    max_instances: int | None = None
    cpu_throttling: bool | None = None
    cpu_boost: bool | None = None
    allow_unauthenticated: bool = False
    service_account: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    """Plain values; `${other-service.url}` is that service's URL in the same environment."""
    secrets: dict[str, str] = field(default_factory=dict)
    """Variable → `secret:version`."""
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    ingress: Literal["all", "internal", "internal-and-cloud-load-balancing"] | None = None
    vpc_connector: str | None = None
    vpc_egress: Literal["all-traffic", "private-ranges-only"] | None = None
    execution_environment: Literal["gen1", "gen2"] | None = None
    session_affinity: bool | None = None
    cloudsql_instances: tuple[str, ...] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    startup_probe: Probe | None = None
    liveness_probe: Probe | None = None
    spec: dict[str, Any] = field(default_factory=dict)
    """Anything rarer, in the JSON form of the v2 `Service` message."""


class Expect(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a smoke check must get: the status, and the JSON members named here."""

    status: int = 200
    json: dict[str, Any] = field(default_factory=dict)


class SmokeCheck(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request to the new revision before it gets traffic."""

    method: str
    path: str
    json: Any = None
    expect: Expect = Expect()


class Rollout(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How carefully traffic moves."""

    steps: tuple[int, ...] = AUTO_STEPS
    """Ascending canary percentages, ending at 100."""
    min_bake: timedelta | None = None
    """None: as long as automatic steps say."""
    max_bake: timedelta
    watch: timedelta
    min_requests: int = 20
    """Fewer canary requests than this at a step are no basis for a judgement."""
    alpha: float = 0.01
    """Most that the chance of rolling back a good release may be, over all services."""
    judge: Literal["act", "shadow"] = "act"
    """A shadow verdict is told and never acted on."""
    max_error_rate: float = 0.0
    max_p95: timedelta = timedelta()
    """Absolute limits of the canary; 0 = none."""
    on_not_enough_traffic: Policy = Policy.PROMOTE
    on_undecided: Policy = Policy.PROMOTE
    on_metrics_down: Policy = Policy.HOLD
    """What to do once the longest bake is over, and nothing more is known."""
    error_logs: bool = False
    """Whether lines of severity ERROR are judged too."""
    approve: tuple[int, ...] = ()
    """Shares that are reached only when somebody says `/promote`."""


class ServiceKey(Struct, frozen=True):
    """Where a Cloud Run service lives."""

    project: str
    region: str
    service: str

    @property
    def name(self) -> str:
        """The full resource name of the Admin API v2."""
        return f"projects/{self.project}/locations/{self.region}/services/{self.service}"


class ServicePlan(Struct, frozen=True, kw_only=True):
    """One service of one environment, resolved."""

    name: str
    """Its key in deploy.yaml."""
    key: ServiceKey
    path: str
    also: tuple[str, ...] = ()
    image: str
    """Image name without tag, e.g. REGION-docker.pkg.dev/PROJECT/REPOSITORY/NAME."""
    cloud_run: CloudRun
    smoke: tuple[SmokeCheck, ...] = ()
    needs: tuple[str, ...] = ()
    level: int = 0
    """0 needs nothing; every other level comes after the one below it."""


class EnvironmentPlan(Struct, frozen=True, kw_only=True):
    """One environment, resolved: what a deployment works from until it ends."""

    name: str
    on_push: str = ""
    """The branch whose pushes deploy here; empty for none."""
    superseding: Literal["queue", "latest_wins"] = "queue"
    """Whether a newer deployment ends the one that is on its way, too."""
    required: bool = False
    """Whether a merge asks for its check."""
    build_region: str = ""
    """Where Cloud Build builds, which may be `global`; empty: where each service runs."""
    connected_repository: str = ""
    """Where Cloud Build clones from; empty: it reads GitHub's archive, which we store for it."""
    services: tuple[ServicePlan, ...]
    """In `needs` order."""
    addresses: dict[str, ServiceKey] = field(default_factory=dict)
    """Every service of the environment, by name: also those that take no part, but are called."""
    rollout: Rollout
    gates: Gates
    reuse: timedelta
    """How long an image built earlier may stand in for a new build."""
    notes: tuple[str, ...] = ()
    """Differences in the deployed commit's deploy.yaml that take effect only after merge."""


class Allowance(Struct, frozen=True, kw_only=True):
    """Where the operator lets one repository deploy; `*` in a pattern stands for any characters."""

    projects: tuple[str, ...]
    regions: tuple[str, ...]
    services: tuple[str, ...]


Allowed = Mapping[int, Allowance]
"""By repository id; nobody who is not in it deploys."""
