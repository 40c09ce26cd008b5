"""From metric windows to the next move of a level, or of a whole deployment in its watch.

Windows are labelled with the split that they lie in wholly; one that straddles a change of the
split belongs to none and is left out. What was learned at one split carries over to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import course, verdict
from bot.core.deployment import Deployment, Failure, FailureCode, ServiceRollout
from bot.core.evidence import Finding, Metric, Verdict
from bot.core.rollout.counting import counted
from bot.core.rollout.turn import tell_step, with_service
from bot.core.rollout.wants import visible_until

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.core.course import Move
    from bot.core.sight import Sight

HARMED = {
    Metric.ERRORS: "failed requests",
    Metric.SLOW: "slow requests",
    Metric.REJECTED: "refused requests",
    Metric.LOGGED: "lines of severity ERROR",
}
ACTED_ON = frozenset({Finding.WORSE, Finding.BROKEN, Finding.MUTE})
SILENT = (
    "instances that do not start, end or hang answer nothing that is counted. Where clients stay "
    "with the revision that they know, deploy.yaml says `session_affinity: true`"
)
WORSE = {
    Metric.ERRORS: "fails more often than stable",
    Metric.SLOW: "answers slowly more often than stable",
    Metric.REJECTED: "refuses more requests than stable",
    Metric.LOGGED: "logs more errors than stable",
}


BEYOND = {
    Metric.ERRORS: "fails more often than deploy.yaml allows",
    Metric.SLOW: "answers more slowly than deploy.yaml allows",
}


def judged(deployment: Deployment, names: Iterable[str], seen: Sight, now: datetime) -> Deployment:
    """Return the deployment with each service's evidence brought up to date and read."""
    for service in deployment.services:
        if service.plan.name in names and not service.first:
            windows = seen.windows.get(service.plan.name, ())
            newest = visible_until(deployment, now)
            deployment = with_service(deployment, counted(deployment, service, (windows, newest)))
    return deployment


def next_move(
    deployment: Deployment,
    services: Iterable[ServiceRollout],
    beside: Iterable[ServiceRollout] = (),
) -> Move:
    """Return where the evidence of these services leads; a shadow verdict leads nowhere.

    Those beside have all the traffic already, and can only hold or take back the others.
    """
    shadow = deployment.plan.rollout.judge == "shadow"
    seen, others = (
        [(s.evidence, _muted(s.verdict) if shadow else s.verdict) for s in some if s.verdict]
        for some in (services, beside)
    )
    return course.onward(deployment.course, seen, deployment.route, others)


def _muted(read: Verdict) -> Verdict:
    return replace(read, finding=Finding.CLEAR)


def shadowed(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment with one line of what a shadow verdict would have done."""
    if deployment.plan.rollout.judge != "shadow" or deployment.shadow:
        return deployment
    for service in deployment.services:
        if service.verdict and service.verdict.finding in ACTED_ON:
            would = f"shadow: would have been rolled back here, {verdict.reason(service.verdict)}"
            return tell_step(replace(deployment, shadow=would), deployment.share, would, now)
    return deployment


def condemned(deployment: Deployment, why: str = "") -> Failure:
    """Return why traffic must go back, in the numbers of the service that it goes back for.

    Where none is to blame, `why` is what it waited for in vain.
    """
    service = _at_fault(deployment)
    read = service.verdict if service else None
    if service is None or read is None:
        late = f"{why or 'undecided'} for longer than the longest bake"
        return undecidable(f"{late}, and deploy.yaml says to roll back then")
    if read.finding is Finding.MUTE or read.due:
        return Failure(
            code=FailureCode.CANARY_WORSE,
            service=service.plan.name,
            reason=f"the canary of {service.plan.name} answers hardly any of its requests",
            detail=f"{verdict.reason(read)}: {SILENT}",
        )
    harmed = getattr(read.canary, read.metric.value)
    does = (BEYOND if read.limit else WORSE)[read.metric]
    does += " did before" if read.finding is Finding.ALARMED else ""
    return Failure(
        code=FailureCode.CANARY_WORSE,
        service=service.plan.name,
        reason=f"the canary of {service.plan.name} {does}",
        detail=f"{verdict.reason(read)}, rolled back after {harmed} {HARMED[read.metric]}",
    )


def _at_fault(deployment: Deployment) -> ServiceRollout | None:
    """Return the service that is condemned; where none is, one that looks like a catastrophe."""
    for bad in (ACTED_ON, {Finding.BREWING}, {Finding.ALARMED}):
        for service in deployment.services:
            if service.verdict and service.verdict.finding in bad:
                return service
    return None


def undecidable(why: str) -> Failure:
    """Return the failure of a rollout that nothing could be said about."""
    return Failure(code=FailureCode.NO_VERDICT, service="", reason=why, logs=())
