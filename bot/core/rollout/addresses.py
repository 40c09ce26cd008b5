"""What needs the address of a service that Cloud Run may give none: its default URL can be off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Failure, FailureCode
from bot.core.rollout.references import referred

if TYPE_CHECKING:
    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.sight import ServiceSeen, Sight

_IN_SPEC = ("default_uri_disabled", "defaultUriDisabled")


def without_address(deployment: Deployment, service: ServiceRollout, seen: Sight) -> Failure | None:
    """Say so when smoke checks or a variable need an address that there is none of."""
    plans = {one.plan.name: one for one in deployment.services}
    if service.plan.smoke and _is_off(service, seen.services[service.plan.name]):
        return _failure(service, "", "take its smoke checks out of deploy.yaml")
    for name in sorted(referred(service.plan.cloud_run.env)):
        if _is_off(plans.get(name), seen.services[name]):
            return _failure(service, name, f"write where {name} answers instead of ${{{name}.url}}")
    return None


def _is_off(service: ServiceRollout | None, live: ServiceSeen) -> bool:
    spec = service.plan.cloud_run.spec if service else {}
    return bool(next((spec[key] for key in _IN_SPEC if key in spec), live.url_disabled))


def _failure(service: ServiceRollout, called: str, way: str) -> Failure:
    name = service.plan.name
    needs = f"{name} calls {called}" if called else f"{name} has smoke checks"
    return Failure(
        code=FailureCode.REJECTED,
        service=name,
        reason=f"the service {needs}, but the default URL of {called or name} is disabled",
        remedy=f"enable it (`gcloud run services update … --default-url`), or {way}",
        logs=(),
    )
