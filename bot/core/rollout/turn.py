"""What one look leads to, and the few moves that every phase makes."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot.core.action import Action
from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout, StepTaken
from bot.core.model import Image

LIMITS = {
    Phase.QUEUED: timedelta(hours=24),
    Phase.STAGING: timedelta(minutes=10),
    Phase.SMOKE: timedelta(minutes=3),
    Phase.SHIFTING: timedelta(hours=24),
}
"""How long a phase may last; building lasts as long as cloudbuild.yaml lets it."""

APPROVAL = timedelta(hours=24)
"""How long a step waits for somebody's approval."""
PAUSE = timedelta(days=7)
"""How long a pause lasts when nobody resumes."""
SPLIT = "its traffic is split"
"""What a queued deployment waits for until one revision has all the traffic."""
COMPARED = "compared with stable again, which takes half an hour mostly and 70 minutes at most"
"""What a queued deployment waits for while the watch of the one before it suspects a fault."""
HELD = frozenset({Phase.SMOKE, Phase.SHIFTING})
"""Where people can hold a deployment: the limits of these phases wait meanwhile."""

ENDS = frozenset(
    {
        Phase.SUCCEEDED,
        Phase.UNCHANGED,
        Phase.ROLLED_BACK,
        Phase.FAILED,
        Phase.ABORTED,
        Phase.SUPERSEDED,
    }
)


class Turn(Struct, frozen=True):
    """The deployment as it is to be stored, and what is to be made so."""

    deployment: Deployment
    actions: tuple[Action, ...] = ()
    images: tuple[Image, ...] = ()


def enter(deployment: Deployment, phase: Phase, now: datetime) -> Deployment:
    """Return the deployment at the start of a phase, due at once unless it is an end."""
    ended = phase in ENDS
    return replace(
        deployment,
        phase=phase,
        phase_since=now,
        waiting="",
        attempts=0,
        wake_at=now,
        finished_at=now if ended else deployment.finished_at,
    )


def wait(deployment: Deployment, waiting: str, until: datetime) -> Deployment:
    """Return the deployment as it waits for something."""
    return replace(deployment, waiting=waiting, wake_at=until)


def soon(deployment: Deployment, now: datetime) -> datetime:
    """Return when to look at an unfinished operation: at first quickly, then ever more slowly."""
    seconds = (now - deployment.phase_since).total_seconds() / 4
    return now + timedelta(seconds=min(10.0, max(0.1, seconds)))


def fail(deployment: Deployment, failure: Failure, now: datetime) -> Deployment:
    """Return the deployment on its way back to stable, with the reason.

    What failed in the watch gets a check run of its own: the first one is completed.
    """
    told = deployment.told
    if deployment.phase is Phase.WATCHING:
        told = replace(told, check_run=0, check_run_hash="", check_again=True)
    failed = replace(deployment, failure=failure, told=told)
    return enter(failed, Phase.ROLLING_BACK, now)


def deadline(deployment: Deployment) -> datetime | None:
    """Return when the phase must be over; where people hold it, when their time is up."""
    if deployment.phase in HELD and deployment.paused:
        return deployment.paused.until
    if deployment.phase in HELD and deployment.approval_since:
        return deployment.approval_since + APPROVAL
    if (ask := deployment.revisit) and ask.left:
        return ask.since + LIMITS[Phase.SMOKE]
    limit = _most(deployment)
    return deployment.phase_since + limit if limit is not None else None


def expired(deployment: Deployment, now: datetime) -> bool:
    """Tell whether the phase has lasted longer than it may."""
    end = deadline(deployment)
    return end is not None and now > end


def time_out(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment as it gives up on a phase, saying what it had waited for."""
    awaited = f", waiting for: {deployment.waiting}" if deployment.waiting else ""
    reason = f"{deployment.phase.value} was not done within {_long(_most(deployment))}{awaited}"
    if deployment.phase in HELD and deployment.paused:
        reason = f"{deployment.paused.by} paused it, and nobody resumed it within 7 days"
    elif deployment.phase in HELD and deployment.approval_since:
        reason = "nobody approved the next step within 24 h"
    elif deployment.revisit and deployment.revisit.left:
        again = _long(LIMITS[Phase.SMOKE])
        reason = f"smoke checks were not made again within {again}{awaited}"
    failure = Failure(
        code=_late(deployment),
        service="",
        reason=reason,
        logs=(),
    )
    return fail(deployment, failure, now)


def _late(deployment: Deployment) -> FailureCode:
    if deployment.phase is Phase.SHIFTING and deployment.moved:
        return FailureCode.TRAFFIC_CHANGED
    split = deployment.phase is Phase.QUEUED and any(one.split for one in deployment.services)
    return FailureCode.TRAFFIC_SPLIT if split else FailureCode.TIMED_OUT


def _most(deployment: Deployment) -> timedelta | None:
    building = deployment.phase is Phase.BUILDING
    return deployment.build_limit if building else LIMITS.get(deployment.phase)


def _long(most: timedelta | None) -> str:
    hours, minutes = divmod((most or timedelta()) // timedelta(minutes=1), 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes))


def with_service(deployment: Deployment, service: ServiceRollout) -> Deployment:
    """Return the deployment with one of its services replaced."""
    services = tuple(
        service if other.plan.name == service.plan.name else other for other in deployment.services
    )
    return replace(deployment, services=services)


def service_named(deployment: Deployment, name: str) -> ServiceRollout:
    """Return one of the deployment's services."""
    return next(service for service in deployment.services if service.plan.name == name)


def at_level(deployment: Deployment) -> tuple[ServiceRollout, ...]:
    """Return the services that are to change and are in turn now."""
    return tuple(s for s in deployment.services if s.changed and s.plan.level == deployment.level)


def earlier(deployment: Deployment) -> tuple[ServiceRollout, ...]:
    """Return the services that have changed at earlier levels."""
    return tuple(s for s in deployment.services if s.changed and s.plan.level < deployment.level)


def more_levels(deployment: Deployment) -> bool:
    """Tell whether services of a later level still have to change."""
    return any(s.changed and s.plan.level > deployment.level for s in deployment.services)


def had_traffic(deployment: Deployment) -> bool:
    """Tell whether any canary ever had traffic: at a step, or on its way to one."""
    shared = any(s.changed and not s.first and s.share for s in deployment.services)
    return shared or any(step.share for step in deployment.steps_taken)


def tell_step(deployment: Deployment, share: int, why: str, now: datetime) -> Deployment:
    """Return the deployment with one more line of its story."""
    names = tuple(service.plan.name for service in at_level(deployment))
    step = StepTaken(at=now, share=share, services=names, why=why)
    return replace(deployment, steps_taken=(*deployment.steps_taken, step))
