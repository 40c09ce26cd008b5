"""A deployment's services, one a row: which revision, what share, and how it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import verdict
from bot.core.deployment import Phase
from bot.core.report.phrases import cell

if TYPE_CHECKING:
    from bot.core.deployment import Deployment, ServiceRollout

FULL = 100


def table(deployment: Deployment) -> str:
    """Return a row for each service."""
    rows = ["| service | revision | share | state |", "|---|---|---|---|"]
    rows += [_service(deployment, service) for service in deployment.services]
    return "\n".join(rows)


def _service(deployment: Deployment, service: ServiceRollout) -> str:
    if not service.changed:
        return f"| {service.plan.name} | `{service.stable}` | 100 % | unchanged |"
    revision = f"`{service.revision}`"
    if service.url:
        tagged = service.tag_url if service.share < FULL else ""
        revision = f"[{revision}]({tagged or service.url})"
    return (
        f"| {service.plan.name} | {revision} | {_share(deployment, service)} % "
        f"| {_state(deployment, service)} |"
    )


def _share(deployment: Deployment, service: ServiceRollout) -> int:
    back = deployment.phase in {Phase.ROLLED_BACK, Phase.ABORTED, Phase.SUPERSEDED}
    if back and not deployment.moved:
        return 0
    return service.share


def _state(deployment: Deployment, service: ServiceRollout) -> str:
    if service.verdict and service.verdict.canary.requests:
        return verdict.reason(service.verdict)
    if service.smoke and not service.smoke_passed:
        wrong = next((answer for answer in service.smoke if not answer.passed), None)
        return f"smoke check {cell(wrong.request)} failed" if wrong else "smoke checks"
    if service.smoke_passed:
        first = ", first deployment" if service.first else ""
        return f"{_checks(len(service.smoke))}{first}"
    if service.digest:
        return "image built" if deployment.phase is Phase.BUILDING else "image ready"
    return "building" if service.build_asked else ""


def _checks(number: int) -> str:
    if not number:
        return "no smoke checks in deploy.yaml"
    return f"{number} smoke check{'s' if number > 1 else ''} passed"
