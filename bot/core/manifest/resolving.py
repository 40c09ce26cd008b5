"""One environment's keys → the plan that a deployment works from until it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.configuration import (
    AUTO_STEPS,
    EnvironmentPlan,
    Rollout,
    ServiceKey,
    ServicePlan,
    SmokeCheck,
)
from bot.core.manifest.amounts import milliseconds, ratio
from bot.core.manifest.wiring import all_needs, levels
from bot.core.route import Policy

if TYPE_CHECKING:
    from bot.core.manifest.keys import EnvironmentKeys, RolloutKeys, SmokeKeys

WATCH = timedelta(hours=1)
BAKE = timedelta(minutes=5)


def plan(name: str, keys: EnvironmentKeys, notes: tuple[str, ...]) -> EnvironmentPlan:
    """Return the environment's plan, services in the order in which they may be shifted."""
    needs = all_needs(keys.services)
    level = levels(needs)
    in_order = sorted(keys.services, key=lambda service: level[service])
    services = tuple(_service(keys, one, needs[one], level[one]) for one in in_order)
    return EnvironmentPlan(
        name=name,
        on_push=keys.on_push,
        build_region=keys.build_region or keys.region,
        connected_repository=keys.connected_repository,
        superseding=keys.superseding,
        required=keys.required,
        services=services,
        addresses={service.name: service.key for service in services},
        rollout=_rollout(keys.rollout),
        gates=keys.gates,
        reuse=keys.reuse,
        notes=notes,
    )


def _service(keys: EnvironmentKeys, name: str, needs: tuple[str, ...], level: int) -> ServicePlan:
    service = keys.services[name]
    return ServicePlan(
        name=name,
        key=ServiceKey(keys.project, keys.region, name + keys.service_suffix),
        path=service.path,
        also=service.also,
        image=f"{keys.images}/{name}",
        cloud_run=service.cloud_run,
        smoke=tuple(map(_smoke_check, service.smoke)),
        needs=needs,
        level=level,
    )


def _smoke_check(check: SmokeKeys) -> SmokeCheck:
    ((method, path),) = check.requests
    return SmokeCheck(method=method.upper(), path=path, json=check.json, expect=check.expect)


def _rollout(keys: RolloutKeys) -> Rollout:
    steps = keys.steps if isinstance(keys.steps, tuple) else AUTO_STEPS
    usual_watch = timedelta() if len(steps) == 1 else WATCH
    usual_bake = None if steps == AUTO_STEPS else BAKE
    return Rollout(
        steps=steps,
        min_bake=usual_bake if keys.min_bake is None else keys.min_bake,
        max_bake=keys.max_bake,
        watch=usual_watch if keys.watch is None else keys.watch,
        min_requests=keys.min_requests,
        alpha=keys.alpha,
        judge=keys.judge,
        max_error_rate=ratio(keys.max_error_rate),
        max_p95=milliseconds(keys.max_p95),
        on_not_enough_traffic=Policy(keys.on_not_enough_traffic),
        on_undecided=Policy(keys.on_undecided),
        on_metrics_down=Policy(keys.on_metrics_down),
        error_logs=keys.error_logs,
        approve=keys.approve,
    )
