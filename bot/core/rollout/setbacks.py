"""A write of traffic that Cloud Run takes and then fails at, or does not get done.

What failed is written again later, and people are told why. A rollout gives up after some in a
row; a return to stable never does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Failure, FailureCode, Phase, ServiceRollout, Setback

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.core.deployment import Deployment
    from bot.core.sight import ServiceSeen, Sight

MOST = 5
"""Writes in a row that may fail before a rollout gives up, and before people are alerted."""
FIRST = timedelta(seconds=10)
LONGEST = timedelta(seconds=60)
FAILING = "Cloud Run fails to move the traffic"
"""What a deployment waits for meanwhile; what Google says may change with every write."""
SLOW = "Cloud Run has not moved the traffic yet"
"""What it waits for where that takes longer than a minute; mostly it takes seconds."""
SLOWLY = timedelta(minutes=1)
PATIENCE = timedelta(minutes=10)
"""After so long without success people are told, with what to type by hand."""
_REMEDY = (
    "whoever operates the project mends what Cloud Run says, mostly a quota for instances or CPU "
    "in the region or a revision with traffic that cannot start any more; then deploy again"
)


def working(service: ServiceRollout, seen: Sight) -> bool:
    """Tell whether a write of ours is still under way."""
    operation = seen.operations.get(service.plan.name)
    return bool(service.operation) and operation is not None and not operation.done


def awaited(deployment: Deployment, now: datetime) -> str:
    """Return what a deployment waits for whose traffic is not where it is wanted yet."""
    return SLOW if now - deployment.phase_since > SLOWLY else "traffic"


def lasting(deployment: Deployment, now: datetime) -> bool:
    """Tell whether a way back has taken so long that people must be alerted to it."""
    restores = deployment.restores is not None and deployment.phase is Phase.SHIFTING
    returns = restores or deployment.phase is Phase.ROLLING_BACK
    return returns and now - deployment.phase_since > PATIENCE


def overtakes(service: ServiceRollout, *, again: bool) -> bool:
    """Tell whether a return need not wait for the write before it.

    It waits for the one that makes a revision, and for itself, unless it is asked for `again`.
    """
    staged = service.smoke_passed or bool(service.splits)
    return not service.operation or (staged and (again or not service.returning))


def words(service: ServiceRollout, seen: Sight) -> str:
    """Return why our last write came to nothing, as far as it has ended and Google says so."""
    operation = seen.operations.get(service.plan.name)
    if not service.operation or operation is None or not operation.done:
        return ""
    return operation.error or unrouted(seen.services.get(service.plan.name))


def unrouted(live: ServiceSeen | None) -> str:
    """Return why the service's traffic is not as it is wanted, once nothing moves there."""
    return live.unrouted if live is not None and not live.reconciling else ""


def settled(service: ServiceRollout, why: str, now: datetime) -> ServiceRollout:
    """Return the service after a write of ours has ended: well, or set back for this reason."""
    over = replace(service, operation="")
    if not why:
        return replace(over, setback=None)
    times = service.setback.times + 1 if service.setback else 1
    pause = min(LONGEST, FIRST * (1 << min(times - 1, 6)))
    return replace(over, setback=Setback(times=times, words=why, until=now + pause))


def heard(service: ServiceRollout, seen: Sight, now: datetime, *, there: bool) -> ServiceRollout:
    """Return the service with what came of its write; `there`: its traffic is as it should be."""
    if there:
        service = replace(service, setback=None)
    elif why := words(service, seen):
        service = settled(service, why, now)
    return service if working(service, seen) else replace(service, operation="")


def resting(service: ServiceRollout, now: datetime) -> bool:
    """Tell whether it is too early to write again."""
    return service.setback is not None and now < service.setback.until


def rest_over(services: Iterable[ServiceRollout]) -> datetime | None:
    """Return when the first of them is to be written again; None where none was set back."""
    return min((s.setback.until for s in services if s.setback), default=None)


def beaten(services: Iterable[ServiceRollout]) -> Failure | None:
    """Return why a rollout gives up, if it has to."""
    for service in services:
        if service.setback and service.setback.times >= MOST:
            return Failure(
                code=FailureCode.REJECTED,
                service=service.plan.name,
                reason=f"Cloud Run could not move the traffic of {service.plan.name}: "
                f"{MOST} writes in a row failed",
                remedy=_REMEDY,
                detail=service.setback.words,
                logs=(),
            )
    return None
