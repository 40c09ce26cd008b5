"""The keys that deploy.yaml may hold, in the words that people write.

One environment's keys are what remains after its overrides were laid over the top level; field
names, types and defaults here are the file format.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from msgspec import Struct, field

from bot.core.configuration import CloudRun, Expect
from bot.core.gates import Gates

METHODS = ("get", "post", "put", "delete", "head")


class SmokeKeys(Struct, frozen=True, kw_only=True):
    """One smoke check: exactly one method with its path."""

    get: str | None = None
    post: str | None = None
    put: str | None = None
    delete: str | None = None
    head: str | None = None
    json: Any = None
    expect: Expect = Expect()

    @property
    def requests(self) -> tuple[tuple[str, str], ...]:
        """Every (method, path) that is set; a good check has one."""
        named = ((method, getattr(self, method)) for method in METHODS)
        return tuple((method, path) for method, path in named if path is not None)


class ServiceKeys(Struct, frozen=True, kw_only=True):
    """One service."""

    path: str
    also: tuple[str, ...] = ()
    cloud_run: CloudRun = CloudRun()
    smoke: tuple[SmokeKeys, ...] = ()
    needs: tuple[str, ...] = ()


class RolloutKeys(Struct, frozen=True, kw_only=True):
    """How carefully traffic moves."""

    steps: tuple[int, ...] | Literal["auto"] = "auto"
    min_bake: timedelta | None = None
    """Unset: automatic steps bake as long as the traffic needs, others five minutes."""
    max_bake: timedelta = timedelta(minutes=30)
    watch: timedelta | None = None
    """Unset: an hour after several steps, not at all after a single one."""
    min_requests: int = 20
    alpha: float = 0.01
    judge: Literal["act", "shadow"] = "act"
    max_error_rate: str = "0"
    """A percentage, or a fraction between 0 and 1."""
    max_p95: str = ""
    """Milliseconds or seconds: 800ms, 2s."""
    on_not_enough_traffic: Literal["hold", "promote", "roll_back"] = "promote"
    on_undecided: Literal["hold", "promote", "roll_back"] = "promote"
    on_metrics_down: Literal["hold", "promote", "roll_back"] = "hold"
    error_logs: bool = False
    """Whether more lines of severity ERROR or worse speak against a release."""
    approve: tuple[int, ...] = ()
    """Shares that are reached only when somebody says `/promote`."""


class EnvironmentKeys(Struct, frozen=True, kw_only=True):
    """One environment, its overrides laid over the top level."""

    project: str
    region: str
    images: str
    reuse: timedelta = timedelta(days=7)
    build_region: str = ""
    """Where Cloud Build builds: a region or `global`; unset: where the services run."""
    connected_repository: str = ""
    """Where Cloud Build clones from; unset: the source is GitHub's archive."""
    on_push: str = ""
    service_suffix: str = ""
    superseding: Literal["queue", "latest_wins"] = "queue"
    """What a newer deployment does to those before it."""
    required: bool = False
    """Whether every pull request and merge group gets this environment's check."""
    rollout: RolloutKeys = RolloutKeys()
    gates: Gates = Gates()
    services: dict[str, ServiceKeys] = field(default_factory=dict)


SHARED = (
    "project",
    "region",
    "images",
    "reuse",
    "build_region",
    "connected_repository",
    "services",
)
"""Keys of the top level that every environment starts from."""

TOP = (*SHARED, "environments")

ANNOUNCED: dict[type, frozenset[str]] = {
    RolloutKeys: frozenset({"metrics"}),
}
"""Names that Spillway's design has and this version has not: refused aloud, never ignored."""
