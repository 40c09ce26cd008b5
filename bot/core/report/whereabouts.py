"""Where the traffic is after a deployment that came to nothing, or is on its way to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import FailureCode, Phase
from bot.core.rollout.turn import ENDS, had_traffic

if TYPE_CHECKING:
    from bot.core.deployment import Deployment, Failure


def left(deployment: Deployment, failure: Failure) -> str:
    """Return one sentence about the traffic of a deployment that failed or was ended."""
    ended = deployment.phase in ENDS
    if deployment.moved or (ended and failure.code is FailureCode.TRAFFIC_CHANGED):
        return _left_to_people(deployment)
    match deployment.phase:
        case Phase.FAILED if failure.code is FailureCode.STABLE_GONE:
            return "`/rollback` makes an earlier release's revisions again."
        case Phase.SUPERSEDED if deployment.share:
            return "The rollback takes the traffic from where it is."
        case Phase.FAILED if new := [s.plan.name for s in deployment.services if s.first and s.url]:
            return f"New and not in use before: {', '.join(new)}. Nothing else was touched."
        case Phase.ROLLED_BACK | Phase.ABORTED | Phase.SUPERSEDED if had_traffic(deployment):
            return "All traffic is back on stable."
        case _:
            return "Traffic was not touched." if ended else "Traffic is returning to stable."


def _left_to_people(deployment: Deployment) -> str:
    if sum(service.changed for service in deployment.services) == 1:
        return "The traffic was left where people put it."
    where = "is back on" if deployment.phase in ENDS else "returns to"
    return f"What people moved was left where they put it; all else {where} stable."
