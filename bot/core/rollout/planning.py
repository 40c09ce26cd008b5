"""From deploy.yaml and stable's last day to the rule of one rollout: its steps, its parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import course
from bot.core.evidence import History, VerdictConfig
from bot.core.rollout.turn import at_level
from bot.core.route import Policy, Route, Step
from bot.core.verdict.words import number

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.core.configuration import Rollout
    from bot.core.deployment import Deployment, ServiceRollout

P95 = 0.05
"""A 95th percentile above a limit means that more than so many answers are."""


def route(deployment: Deployment) -> Route:
    """Return the steps of the level that is in turn, in windows."""
    rollout, window = deployment.plan.rollout, deployment.sampling.window
    longest = _windows(rollout.max_bake, window)
    if rollout.steps:
        bake = _windows(rollout.min_bake or window, window)
        steps = tuple(Step(s, bake, max(bake, longest)) for s in rollout.steps if s < course.FULL)
    else:
        steps = course.automatic(_thinnest(deployment))
        if rollout.min_bake is not None:
            bake = _windows(rollout.min_bake, window)
            steps = tuple(replace(s, bake=bake, longest=max(bake, longest)) for s in steps)
    needs_enough = rollout.steps or rollout.on_not_enough_traffic is not Policy.PROMOTE
    return Route(
        steps=steps,
        watch=_windows(rollout.watch, window),
        min_requests=rollout.min_requests if needs_enough else 0,
        not_enough_traffic=_acting(rollout, rollout.on_not_enough_traffic),
        undecided=_acting(rollout, rollout.on_undecided),
        metrics_down=_acting(rollout, rollout.on_metrics_down),
    )


def chosen(deployment: Deployment) -> str:
    """Return why the steps of the level that is in turn are what they are."""
    if not deployment.route.steps:
        return "no steps: deploy.yaml wants all traffic at once"
    shares = " → ".join(f"{share} %" for share in (*(s.share for s in deployment.route.steps), 100))
    if deployment.plan.rollout.steps:
        return f"steps {shares}, from deploy.yaml"
    day = _thinnest(deployment)
    noise = ", and is noisy" if course.noisy(day) else ""
    usual = f"stable had {number(day.requests)} requests a window in its last day{noise}"
    return f"automatic steps {shares}: {usual}"


def _acting(rollout: Rollout, policy: Policy) -> Policy:
    """Return what a policy comes to: a verdict that only looks takes nothing back either way."""
    takes_back = rollout.judge == "shadow" and policy is Policy.ROLL_BACK
    return Policy.PROMOTE if takes_back else policy


def verdict_config(deployment: Deployment, service: ServiceRollout) -> VerdictConfig:
    """Return the rule's parameters for one service: alpha is shared by all that are judged."""
    rollout = deployment.plan.rollout
    judged = sum(s.changed and not s.first for s in deployment.services)
    return VerdictConfig(
        alpha=rollout.alpha / max(1, judged),
        history=service.history or History(),
        max_error_rate=rollout.max_error_rate,
        max_slow_rate=P95 if rollout.max_p95 else 0.0,
        error_logs=rollout.error_logs,
        affine=bool(service.plan.cloud_run.session_affinity),
    )


def _windows(length: timedelta, window: timedelta) -> int:
    return max(1, math.ceil(length / window)) if length else 0


def _thinnest(deployment: Deployment) -> History:
    """Return the last day of the service with the least traffic: steps are the level's."""
    days = [s.history or History() for s in at_level(deployment) if not s.first]
    return min(days, key=lambda day: day.requests, default=History())
