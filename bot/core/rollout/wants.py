"""What each phase needs to see: one look reads this and nothing else."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core.deployment import Deployment, FailureCode, Phase, ServiceRollout
from bot.core.rollout.references import referred
from bot.core.rollout.secrets import floating
from bot.core.rollout.turn import at_level, earlier

if TYPE_CHECKING:
    from collections.abc import Iterable


DAY = 1440
"""Windows of history: a day of minutes."""


class ServiceWanted(Struct, frozen=True):
    """A service, with revisions beyond the serving one."""

    name: str
    revisions: tuple[str, ...] = ()


class WindowsWanted(Struct, frozen=True):
    """Metric windows of a service within an interval that is visible by now."""

    name: str
    canary: str
    stable: str
    since: datetime
    until: datetime
    slow_above: float = 0.0
    error_logs: bool = False


class DayWanted(Struct, frozen=True):
    """Stable's windows before the canary has any traffic."""

    name: str
    stable: str
    since: datetime
    until: datetime
    limit: float = 0.0
    """Milliseconds that deploy.yaml promises for the 95th percentile; 0 = none."""
    error_logs: bool = False


class Wants(Struct, frozen=True, kw_only=True):
    """Everything that one look reads, by service name."""

    services: tuple[ServiceWanted, ...] = ()
    memory: bool = False
    """Whether it matters what the environment ran before."""
    secrets: tuple[str, ...] = ()
    """Services that read the latest version of a secret, whichever that is."""
    releases: bool = False
    """Whether the serving revisions' own deployments matter."""
    standing: bool = False
    """Whether the gates are asked once more."""
    head: bool = False
    """Whether the pull request still holds the commit."""
    operations: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    smoke: tuple[str, ...] = ()
    windows: tuple[WindowsWanted, ...] = ()
    days: tuple[DayWanted, ...] = ()
    build_logs: str = ""
    revision_logs: str = ""


def wants(  # noqa: PLR0911  # one return per phase reads as the table it is
    deployment: Deployment, now: datetime
) -> Wants:
    """Return what the deployment's phase needs to see."""
    level = at_level(deployment)
    match deployment.phase:
        case Phase.QUEUED:
            return _queued(deployment)
        case Phase.BUILDING:
            building = (s for s in deployment.services if s.build and not s.digest)
            builds = tuple(s.plan.name for s in building)
            return Wants(builds=builds, head=_follows_head(deployment), memory=True)
        case Phase.STAGING:
            return Wants(services=_staging(level), operations=_unfinished(level))
        case Phase.SMOKE:
            unseen = tuple(s.plan.name for s in level if not s.smoke_passed)
            return Wants(smoke=unseen, memory=True, days=_days(deployment, now))
        case Phase.SHIFTING:
            taken = (*level, *earlier(deployment))
            return Wants(
                services=_own(taken),
                operations=_unfinished(taken),
                windows=_due(deployment, now),
                smoke=_revisited(deployment),
            )
        case Phase.WATCHING:
            changed = tuple(s for s in deployment.services if s.changed)
            return Wants(
                services=_own(changed),
                operations=_unfinished(changed),
                windows=_due(deployment, now),
            )
        case Phase.ROLLING_BACK:
            return _rolling_back(deployment)
        case _:
            return Wants()


def _revisited(deployment: Deployment) -> tuple[str, ...]:
    """Return whose smoke checks are made once more; nobody's while it may not go on."""
    ask = deployment.revisit
    return ask.left if ask and not deployment.paused else ()


def _follows_head(deployment: Deployment) -> bool:
    """Tell whether it was asked for as a pull request's, not as the default branch's."""
    standing = deployment.standing
    merged = standing is not None and (standing.on_default_branch or standing.pushed)
    return bool(deployment.number) and standing is not None and not merged


def visible_until(deployment: Deployment, now: datetime) -> datetime:
    """Return the end of the newest complete metric window that can be seen by now."""
    window = deployment.sampling.window.total_seconds()
    seconds = (now - deployment.sampling.lag).timestamp()
    return datetime.fromtimestamp(math.floor(seconds / window) * window, UTC)


def next_visible(deployment: Deployment, now: datetime) -> datetime:
    """Return when the next metric window can be seen; at most a minute ahead."""
    until = visible_until(deployment, now) + deployment.sampling.window + deployment.sampling.lag
    return min(until, now + timedelta(seconds=60))


def first_window(deployment: Deployment, since: datetime) -> datetime:
    """Return the start of the first metric window that lies wholly after a moment."""
    window = deployment.sampling.window.total_seconds()
    return datetime.fromtimestamp(math.ceil(since.timestamp() / window) * window, UTC)


def called_by(services: Iterable[ServiceRollout]) -> set[str]:
    """Return the services whose addresses these want to know."""
    return {name for service in services for name in referred(service.plan.cloud_run.env)}


def _queued(deployment: Deployment) -> Wants:
    if deployment.restores:
        return Wants(services=_own(deployment.services))
    names = tuple(s.plan.name for s in deployment.services)
    called = tuple(sorted(called_by(deployment.services) - set(names)))
    seen = tuple(ServiceWanted(name) for name in (*names, *called))
    reads = tuple(s.plan.name for s in deployment.services if floating(s.plan.cloud_run))
    return Wants(services=seen, images=names, releases=True, standing=True, secrets=reads)


def _staging(level: tuple[ServiceRollout, ...]) -> tuple[ServiceWanted, ...]:
    called = called_by(level) - {s.plan.name for s in level}
    return _own(level) + tuple(ServiceWanted(name) for name in sorted(called))


def _own(services: Iterable[ServiceRollout]) -> tuple[ServiceWanted, ...]:
    return tuple(ServiceWanted(s.plan.name, (s.revision,)) for s in services)


def _with_stable(services: Iterable[ServiceRollout]) -> tuple[ServiceWanted, ...]:
    """After trouble it matters whether what is returned to still stands."""
    return tuple(ServiceWanted(s.plan.name, (s.revision, s.stable)) for s in services)


def _unfinished(services: Iterable[ServiceRollout]) -> tuple[str, ...]:
    return tuple(s.plan.name for s in services if s.operation)


def _due(deployment: Deployment, now: datetime) -> tuple[WindowsWanted, ...]:
    until, logs = visible_until(deployment, now), deployment.plan.rollout.error_logs
    return tuple(
        WindowsWanted(
            s.plan.name,
            s.revision,
            s.stable,
            _again(deployment, s, since),
            until,
            s.slow_above,
            logs,
        )
        for s in _judged(deployment)
        if s.splits and (since := _since(deployment, s, until)) < until
    )


def _since(deployment: Deployment, service: ServiceRollout, until: datetime) -> datetime:
    """Return where the evidence ends; what is older than a day was not looked at, and stays so."""
    first = service.evidence.until or first_window(deployment, service.splits[0].since)
    return max(first, until - DAY * deployment.sampling.window)


def _again(deployment: Deployment, service: ServiceRollout, since: datetime) -> datetime:
    """Read the last window that was taken in once more, lest it shrink unnoticed."""
    return since - deployment.sampling.window if service.windows else since


def _days(deployment: Deployment, now: datetime) -> tuple[DayWanted, ...]:
    until = visible_until(deployment, now)
    since = until - DAY * deployment.sampling.window
    rollout = deployment.plan.rollout
    limit = rollout.max_p95 / timedelta(milliseconds=1)
    return tuple(
        DayWanted(s.plan.name, s.stable, since, until, limit, rollout.error_logs)
        for s in _judged(deployment)
        if s.history is None and not deployment.skips
    )


def _judged(deployment: Deployment) -> tuple[ServiceRollout, ...]:
    services = (
        tuple(s for s in deployment.services if s.changed)
        if deployment.phase is Phase.WATCHING
        else (*at_level(deployment), *earlier(deployment))
    )
    return tuple(s for s in services if not s.first)


def _rolling_back(deployment: Deployment) -> Wants:
    changed = tuple(s for s in deployment.services if s.changed)
    failure = deployment.failure
    logs = failure.service if failure and failure.logs is None else ""
    of_build = failure is not None and failure.code is FailureCode.BUILD_FAILED
    in_trouble = bool(deployment.attempts) or any(s.setback for s in changed)
    return Wants(
        services=_with_stable(changed) if in_trouble else _own(changed),
        operations=_unfinished(changed),
        build_logs=logs if of_build else "",
        revision_logs="" if of_build else logs,
    )
