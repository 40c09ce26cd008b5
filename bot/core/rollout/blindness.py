"""What a rollout does of which nothing can be seen, and what people are told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.rollout.judging import undecidable
from bot.core.rollout.turn import fail, wait
from bot.core.rollout.wants import next_visible
from bot.core.route import Policy

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.sight import Sight

DOWN, DATA = "metrics-down", "waiting-for-data"
BLIND = frozenset({DOWN, DATA})


def cause(deployment: Deployment, seen: Sight) -> str:
    """Return why nothing can be seen: what Cloud Monitoring said, or what is wrong with it."""
    if seen.metrics_down:
        return seen.metrics_down
    said = (_of_service(service) for service in deployment.services if not service.first)
    return next(filter(None, said), "no metric window has come yet")


def _of_service(service: ServiceRollout) -> str:
    name, evidence = service.plan.name, service.evidence
    if evidence.strange:
        return f"{name} has counts that cannot be: {evidence.strange}"
    if evidence.missing:
        usual = service.history.due if service.history else 0.0
        since = f" after {evidence.until:%H:%M:%S} UTC" if evidence.until else ""
        return f"{name} has no series{since}, where {usual:.0f} requests a window are usual"
    if evidence.unmet:
        return f"stable of {name} has no series, while its canary answers"
    return ""


def blinded(deployment: Deployment, why: str, now: datetime) -> Deployment | None:
    """Wait for numbers; after the longest bake without any do what deploy.yaml says.

    None: go on.
    """
    policy, since = deployment.route.metrics_down, deployment.blind_since or now
    if policy is Policy.HOLD or now < until(deployment, since):
        return wait(replace(deployment, blind_since=since), why, next_visible(deployment, now))
    if policy is Policy.ROLL_BACK:
        reason = f"{why} for longer than the longest bake: {deployment.unseen}"
        return fail(deployment, undecidable(reason), now)
    return None


def until(deployment: Deployment, since: datetime) -> datetime:
    """Return when what deploy.yaml says is done."""
    return since + deployment.plan.rollout.max_bake + deployment.sampling.lag


def promoted(why: str, length: timedelta) -> str:
    """Return why a step was taken that nothing was seen of."""
    minutes = length / timedelta(minutes=1)
    return f"{why} for {minutes:.0f} min, promoted as deploy.yaml says"
