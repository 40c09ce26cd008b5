"""A step that too few requests speak for: smoke checks pass once more before it is taken.

Only where the rollout would take it by itself. A person's `/promote` asks nothing, and what is held
is asked when it goes on. What these visits do is no visitor's: the split is over before they begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase, Revisit, ServiceRollout
from bot.core.rollout import answers
from bot.core.rollout.splits import left, resumed
from bot.core.rollout.turn import at_level, service_named, with_service

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.sight import Sight

PASSED = "smoke checks passed again"
NONE = "no smoke checks in deploy.yaml, so nothing else was checked"


def asked(before: Deployment, after: Deployment, now: datetime) -> Revisit | None:
    """Return what has to pass before a step is taken; None where nothing has to, or has passed."""
    if not before.phase is after.phase is Phase.SHIFTING:
        return None
    ask = after.revisit or Revisit(since=now, left=())
    blind = (s.plan.name for s in at_level(after) if s.plan.smoke and _blind(after, s, before))
    waiting = tuple(name for name in blind if name not in ask.passed)
    return replace(ask, left=waiting) if waiting else None


def _blind(after: Deployment, service: ServiceRollout, before: Deployment) -> bool:
    """Tell whether the step that is to be left has shown too little of a service."""
    if service.first:
        return False
    return bool(after.unseen) or few(after, service, before.share)


def few(deployment: Deployment, service: ServiceRollout, share: int) -> bool:
    """Tell whether a canary has had too few requests at a share to be judged by them."""
    evidence = service.evidence
    requests = evidence.canary.requests if evidence.share == share else 0
    return requests < deployment.plan.rollout.min_requests


def asking(deployment: Deployment, ask: Revisit, now: datetime) -> Deployment:
    """Return the deployment as it waits for the answers; at first it is due at once."""
    if deployment.revisit:
        return replace(deployment, revisit=ask, wake_at=now + answers.PAUSE)
    deployment = left(deployment, now)
    for name in ask.left:
        again = replace(service_named(deployment, name), smoke_attempts=0)
        deployment = with_service(deployment, again)
    return replace(deployment, revisit=ask, wake_at=now)


def visited(deployment: Deployment, seen: Sight) -> Deployment:
    """Return the deployment with the answers that came."""
    ask = deployment.revisit
    if ask is None:
        return deployment
    deployment = answers.visited(deployment, seen)
    came = (name for name in ask.left if name in seen.smoke)
    passed = tuple(name for name in came if service_named(deployment, name).smoke_passed)
    waiting = tuple(name for name in ask.left if name not in passed)
    passed = (*ask.passed, *passed)
    return replace(deployment, revisit=replace(ask, left=waiting, passed=passed))


def dropped(deployment: Deployment, now: datetime) -> Deployment:
    """Return the deployment as it stays where it is, and is asked anew when it goes on.

    On the way to the next step what has passed is kept, to be told there.
    """
    ask = deployment.revisit
    if ask is None or (deployment.share_since is None and not ask.left):
        return deployment
    stays = deployment.phase is Phase.SHIFTING and deployment.share_since is not None
    deployment = replace(deployment, revisit=None)
    return resumed(deployment, now) if stays else deployment


def taken(deployment: Deployment) -> Deployment:
    """Return the deployment on its way up, without what it need not wait for any more."""
    ask = deployment.revisit
    return replace(deployment, revisit=None) if ask and ask.left else deployment


def looked_at(deployment: Deployment, *services: ServiceRollout) -> str:
    """Return what else speaks for a step that was taken; nothing where a person took it."""
    passed = deployment.revisit.passed if deployment.revisit else ()
    if any(not service.plan.smoke for service in services):
        return NONE
    return PASSED if all(service.plan.name in passed for service in services) else ""
