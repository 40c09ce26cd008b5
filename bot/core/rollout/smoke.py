"""Smoke → shifting: the new revisions answer their checks on their tagged URLs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.rollout.memory import served_well
from bot.core.rollout.turn import Turn, at_level, enter, fail, wait, with_service

if TYPE_CHECKING:
    from bot.core.sight import Sight

ATTEMPTS = 3
"""A tagged URL may need a moment until it is routed; a wrong answer given three times is one."""
PAUSE = timedelta(seconds=2)


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Take in the answers; go on when all are right, give up when one stays wrong."""
    for service in at_level(deployment):
        answers = seen.smoke.get(service.plan.name)
        if answers is None:
            continue
        passed = all(answer.passed for answer in answers)
        attempts = service.smoke_attempts + 1
        visited = replace(service, smoke=answers, smoke_attempts=attempts, smoke_passed=passed)
        deployment = with_service(deployment, visited)
        if not passed and attempts >= ATTEMPTS:
            return Turn(fail(deployment, _failure(visited), now))
    if all(service.smoke_passed for service in at_level(deployment)):
        return Turn(enter(_at_first_step(deployment, seen), Phase.SHIFTING, now))
    return Turn(wait(deployment, "smoke checks", now + PAUSE))


def _at_first_step(deployment: Deployment, seen: Sight) -> Deployment:
    only_first = all(service.first for service in at_level(deployment))
    skips = deployment.skips or served_well(deployment, seen.memory)
    share = 100 if only_first or skips else deployment.plan.rollout.steps[0]
    return replace(deployment, share=share, share_since=None, skips=skips)


def _failure(service: ServiceRollout) -> Failure:
    wrong = next(answer for answer in service.smoke if not answer.passed)
    return Failure(
        code=FailureCode.SMOKE_FAILED,
        service=service.plan.name,
        reason=f"a smoke check of {service.plan.name} failed {ATTEMPTS} times",
        detail=f"{wrong.request} → {wrong.got}",
    )
