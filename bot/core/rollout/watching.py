"""Watching → succeeded: at 100 % the canary is judged on, against what stable answered before.

The environment is free meanwhile; the next deployment ends the watch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import verdict
from bot.core.deployment import Deployment, Phase, ServiceRollout
from bot.core.rollout.shifting import condemned, judge, verdict_config
from bot.core.rollout.turn import Turn, enter, fail, wait, with_service
from bot.core.rollout.wants import next_visible
from bot.core.sight import ServiceSeen, Sight

if TYPE_CHECKING:
    from datetime import datetime

FULL = 100


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Judge what is visible; end the watch in time, or when somebody moved the traffic."""
    if now - deployment.phase_since >= deployment.plan.rollout.watch:
        return Turn(enter(deployment, Phase.SUCCEEDED, now))
    for service in _judged(deployment):
        live = seen.services.get(service.plan.name, ServiceSeen(exists=False))
        if live.share_of(service.revision) != FULL:
            return Turn(enter(deployment, Phase.SUCCEEDED, now))
    if seen.metrics_down:
        return Turn(wait(deployment, "metrics-down", next_visible(deployment, now)))
    for service in _judged(deployment):
        deployment = with_service(deployment, _read_on(deployment, service, seen))
    if failure := condemned(deployment):
        return Turn(fail(deployment, failure, now))
    return Turn(wait(deployment, "watching", next_visible(deployment, now)))


def _judged(deployment: Deployment) -> tuple[ServiceRollout, ...]:
    return tuple(s for s in deployment.services if s.changed and not s.first)


def _read_on(deployment: Deployment, service: ServiceRollout, seen: Sight) -> ServiceRollout:
    windows = seen.windows.get(service.plan.name, ())
    evidence = service.evidence
    if evidence.share != FULL:
        evidence = verdict.at_share(evidence, FULL)
    config = replace(verdict_config(deployment), baseline=evidence.baseline)
    return judge(replace(service, evidence=evidence), windows, config)
