"""The check run `deploy / <environment>`: live through the rollout, concluded once."""

from __future__ import annotations

from bot.core.deployment import Deployment, Phase
from bot.core.github import CheckRun
from bot.core.report.deployment import details
from bot.core.report.phrases import PASSING, lasting_title, title

_CONCLUSIONS = {
    Phase.SUCCEEDED: "success",
    Phase.WATCHING: "success",
    Phase.UNCHANGED: "neutral",
    Phase.ROLLED_BACK: "failure",
    Phase.FAILED: "failure",
    Phase.ABORTED: "cancelled",
    Phase.SUPERSEDED: "neutral",
}


def check_run(deployment: Deployment, place: int) -> CheckRun:
    """Return what the check run should show now."""
    conclusion = _CONCLUSIONS.get(deployment.phase, "")
    completed = deployment.finished_at or deployment.phase_since
    return CheckRun(
        name=f"deploy / {deployment.environment}",
        sha=deployment.sha,
        external_id=external_id(deployment),
        status="completed" if conclusion else "queued" if place else "in_progress",
        conclusion=conclusion,
        title=title(deployment, place) if place else lasting_title(deployment),
        summary=_passing(deployment) + details(deployment, place),
        started_at=deployment.created_at,
        completed_at=completed if conclusion else None,
    )


def _passing(deployment: Deployment) -> str:
    """Return what the title leaves out."""
    return f"Now: {deployment.waiting}.\n\n" if deployment.waiting in PASSING else ""


def external_id(deployment: Deployment) -> str:
    """Return our id; a rollback in the watch gets a check run of its own.

    A completed check run cannot go back to in_progress.
    """
    return f"{deployment.id}/rollback" if deployment.told.check_again else deployment.id
