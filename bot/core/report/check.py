"""The check run `deploy / <environment>`: live through the rollout, concluded once.

GitHub lets a pull request in whose required check is a success, neutral or skipped. So where a
merge asks for this one, only a deployment of every service that came to its end is any of these.
"""

from __future__ import annotations

from bot.core.deployment import Deployment, Phase
from bot.core.github import CheckRun
from bot.core.report.deployment import details
from bot.core.report.phrases import PASSING, commands, lasting_title, title
from bot.core.report.required import NEEDED, left_out, taken_back

_CONCLUSIONS = {
    Phase.SUCCEEDED: "success",
    Phase.WATCHING: "success",
    Phase.UNCHANGED: "neutral",
    Phase.ROLLED_BACK: "failure",
    Phase.FAILED: "failure",
    Phase.ABORTED: "cancelled",
    Phase.SUPERSEDED: "neutral",
}
_ENDED_WELL = {Phase.SUCCEEDED, Phase.WATCHING, Phase.UNCHANGED}


def check_run(deployment: Deployment, place: int) -> CheckRun:
    """Return what the check run should show now."""
    conclusion = _conclusion(deployment)
    completed = deployment.finished_at or deployment.phase_since
    return CheckRun(
        name=name(deployment),
        sha=taken_back(deployment) or deployment.sha,
        external_id=external_id(deployment),
        status="completed" if conclusion else "queued" if place else "in_progress",
        conclusion=conclusion,
        title=title(deployment, place) if place else lasting_title(deployment),
        summary=_passing(deployment) + _lacking(deployment) + details(deployment, place),
        started_at=deployment.created_at,
        completed_at=completed if conclusion else None,
    )


def _conclusion(deployment: Deployment) -> str:
    if deployment.plan.required and deployment.phase is Phase.SUPERSEDED:
        return "cancelled"
    if taken_back(deployment) and deployment.phase in _ENDED_WELL:
        return "failure"
    return NEEDED if _falls_short(deployment) else _CONCLUSIONS.get(deployment.phase, "")


def _falls_short(deployment: Deployment) -> bool:
    """Tell whether it ended well, and a merge asks for more than was named."""
    asked = deployment.plan.required and deployment.restores is None
    return deployment.phase in _ENDED_WELL and asked and bool(left_out(deployment))


def _lacking(deployment: Deployment) -> str:
    if not _falls_short(deployment):
        return ""
    others = ", ".join(left_out(deployment))
    whole = commands(f"/deploy {deployment.environment}")
    return f"A merge asks for every service, and this left out {others}. {whole}\n\n"


def name(deployment: Deployment) -> str:
    """Return the run's name; going back deploys nothing that a merge could ask for.

    Where it takes a commit back that a merge asks for, it is the newest run of that commit's check.
    """
    back = deployment.restores is not None and deployment.plan.required
    back = back and not taken_back(deployment)
    return f"deploy / {deployment.environment}{' · rollback' if back else ''}"


def _passing(deployment: Deployment) -> str:
    """Return what the title leaves out."""
    return f"Now: {deployment.waiting}.\n\n" if deployment.waiting in PASSING else ""


def external_id(deployment: Deployment) -> str:
    """Return our id; a rollback in the watch gets a check run of its own.

    A completed check run cannot go back to in_progress.
    """
    return f"{deployment.id}/rollback" if deployment.told.check_again else deployment.id
