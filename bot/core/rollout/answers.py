"""Answers to smoke checks: taken in, and given up on once one has been wrong too often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Failure, FailureCode, ServiceRollout
from bot.core.rollout.turn import at_level, with_service

if TYPE_CHECKING:
    from bot.core.sight import Sight

ATTEMPTS = 3
"""A tagged URL may need a moment until it is routed; a wrong answer given three times is one."""
PAUSE = timedelta(seconds=2)
INSIDE = (
    "its ingress is internal, and Cloud Run answers 404 to whoever comes from outside: let the "
    "consumer's own traffic go through that network, or take the smoke checks out of deploy.yaml"
)


def visited(deployment: Deployment, seen: Sight) -> Deployment:
    """Return the deployment with the answers that came, one more attempt for each service."""
    for service in at_level(deployment):
        answers = seen.smoke.get(service.plan.name)
        if answers is not None:
            passed = all(answer.passed for answer in answers)
            attempts = service.smoke_attempts + 1
            after = replace(service, smoke=answers, smoke_attempts=attempts, smoke_passed=passed)
            deployment = with_service(deployment, after)
    return deployment


def beaten(deployment: Deployment) -> Failure | None:
    """Return why it cannot go on, once an answer has been wrong too often."""
    for service in at_level(deployment):
        if not service.smoke_passed and service.smoke_attempts >= ATTEMPTS:
            return _failure(service)
    return None


def _failure(service: ServiceRollout) -> Failure:
    wrong = next(answer for answer in service.smoke if not answer.passed)
    return Failure(
        code=FailureCode.SMOKE_FAILED,
        service=service.plan.name,
        reason=f"a smoke check of {service.plan.name} failed {ATTEMPTS} times",
        remedy=INSIDE if wrong.got.startswith("404") and _is_internal(service) else "",
        detail=f"{wrong.request} → {wrong.got}",
    )


def _is_internal(service: ServiceRollout) -> bool:
    """Tell whether Cloud Run answers whoever comes from outside the network with 404."""
    named = service.plan.cloud_run.ingress
    return named != "all" if named else "ingress" in (service.kept or ())
