"""The check that a pull request or merge group gets where deploy.yaml says `required: true`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, Phase
from bot.core.github import CheckRun
from bot.core.report.phrases import commands

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.model import Ask

UNTOUCHED = "neutral"
NEEDED = "action_required"

_ENDED = {
    Phase.SUCCEEDED: "success",
    Phase.WATCHING: "success",
    Phase.UNCHANGED: "neutral",
    Phase.ROLLED_BACK: "failure",
    Phase.FAILED: "failure",
    Phase.ABORTED: "failure",
    Phase.SUPERSEDED: "failure",
}


def left_out(deployment: Deployment) -> tuple[str, ...]:
    """Return the environment's services that took no part, as only others were named."""
    named = {service.plan.name for service in deployment.services}
    return tuple(name for name in deployment.plan.addresses if name not in named)


def taken_back(deployment: Deployment) -> str:
    """Return the commit that a rollback takes back, where a merge asks for it; else ""."""
    asked = deployment.plan.required and deployment.restores is not None
    return deployment.away_from.sha if asked and deployment.away_from else ""


def newest(made: Sequence[Deployment], sha: str) -> Deployment | None:
    """Return which deployment, of those to one environment, tells whether a commit is there.

    `made` is newest first. It is the last that brought every service, or took the commit back; the
    last of some services only where there is none.
    """
    own = [one for one in made if _told_of(one) == sha]
    return next((one for one in own if one.restores or not left_out(one)), next(iter(own), None))


def _told_of(deployment: Deployment) -> str:
    return taken_back(deployment) if deployment.restores else deployment.sha


def conclusion(deployment: Deployment | None, *, touched: bool) -> str:
    """Return what the check of a commit is, from its newest deployment there if there is one.

    One of some services only says nothing of the others.
    """
    if deployment is not None and deployment.restores is not None:
        return "failure" if deployment.phase in _ENDED else NEEDED
    if deployment is not None and not left_out(deployment):
        return _ENDED.get(deployment.phase, NEEDED)
    return NEEDED if touched else UNTOUCHED


def check(ask: Ask, environment: str, concluded: str, now: datetime) -> CheckRun:
    """Return the check run for a head or a merge group."""
    return CheckRun(
        name=f"deploy / {environment}",
        sha=ask.sha,
        external_id=f"required #{ask.number}",
        status="completed",
        conclusion=concluded,
        title=_title(environment, concluded),
        summary=_summary(ask, environment, concluded),
        completed_at=now,
    )


def _title(environment: str, concluded: str) -> str:
    match concluded:
        case "neutral":
            return f"Changes nothing in {environment}"
        case "success":
            return f"Deployed to {environment} before"
        case "failure":
            return f"Its deployment to {environment} did not succeed, or was rolled back"
        case _:
            return f"Not deployed to {environment} yet"


def _summary(ask: Ask, environment: str, concluded: str) -> str:
    origin = f"#{ask.number}" if ask.number else "this commit"
    if concluded == UNTOUCHED:
        return f"No service of `{environment}` is made from what {origin} changes."
    if concluded == "success":
        return f"The head of {origin} was deployed there."
    wanted = commands(f"/deploy {environment}", f"/status {environment}")
    return f"A merge asks that {origin} is deployed to `{environment}` first.\n\n{wanted}"
