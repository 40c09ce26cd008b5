"""What a deployment says: its comment, its one alert, its status, its reaction.

Next: bot/core/report/check.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core.deployment import Deployment, Failure, Phase, StepTaken
from bot.core.releases import called
from bot.core.report import services
from bot.core.report.holding import holds, next_commands, set_back
from bot.core.report.machine import json_block
from bot.core.report.notes import notes, remedies
from bot.core.report.origin import origin
from bot.core.report.phrases import (
    SYMBOLS,
    block,
    commands,
    compared_again,
    plain,
    sentence,
    title,
)
from bot.core.report.rollout import course
from bot.core.report.whereabouts import left

if TYPE_CHECKING:
    from bot.core.model import Release

_BAD_ENDS = {Phase.ROLLED_BACK: "rolled back", Phase.FAILED: "failed"}
DESCRIPTION_LIMIT = 140
"""https://docs.github.com/en/rest/deployments/statuses: a longer description is refused."""


class Status(Struct, frozen=True):
    """A GitHub deployment status."""

    state: str
    description: str
    url: str


def status(deployment: Deployment) -> Status | None:
    """Return the status that should stand, or None: no commit is deployed, or not yet."""
    if deployment.restores and not deployment.restores.sha:
        return None
    match deployment.phase:
        case Phase.SUCCEEDED | Phase.WATCHING:
            state = "success"
        case Phase.ROLLED_BACK | Phase.FAILED:
            state = "failure"
        case Phase.ABORTED | Phase.SUPERSEDED if deployment.told.status:
            state = "inactive"
        case Phase.QUEUED | Phase.UNCHANGED | Phase.ABORTED | Phase.SUPERSEDED:
            return None
        case _:
            state = "in_progress"
    said = deployment.failure.reason if deployment.failure else ""
    description = said or f"{deployment.sha[:7]} to {deployment.environment}"
    url = deployment.services[-1].url if state == "success" else ""
    return Status(state, description[:DESCRIPTION_LIMIT], url)


def reaction(deployment: Deployment) -> str:
    """Return the reaction on the command at the end."""
    match deployment.phase:
        case Phase.SUCCEEDED | Phase.WATCHING | Phase.UNCHANGED:
            return "rocket"
        case Phase.ROLLED_BACK | Phase.FAILED | Phase.ABORTED | Phase.SUPERSEDED:
            return "-1"
        case _:
            return ""


def marker(deployment: Deployment) -> str:
    """Return what the comment can be found again by."""
    return f"<!-- spillway deployment {deployment.id} -->"


def alert_marker(deployment: Deployment) -> str:
    """Return what the alert can be found again by."""
    return f"<!-- spillway alert {deployment.id} -->"


def comment(deployment: Deployment, place: int) -> str:
    """Return the one comment of a deployment, as it should read now."""
    symbol = "⏳" if compared_again(deployment) else SYMBOLS.get(deployment.phase, "⏳")
    head = f"{symbol} {deployment.environment}: {title(deployment, place)}"
    said = details(deployment, place)
    shown = f"### {head}\n\n{said}"
    if deployment.told.folded:
        shown = _folded(f"{head} ({deployment.sha[:7]})", said, deployment.told.folded)
    return f"{marker(deployment)}\n{shown}\n\n{json_block(state(deployment))}"


def state(deployment: Deployment) -> dict[str, object]:
    """Return what programs read of a deployment."""
    return {
        "kind": "deployment",
        "id": deployment.id,
        "environment": deployment.environment,
        "sha": deployment.sha,
        "phase": deployment.phase.value,
        "share": deployment.share,
        "reason": deployment.failure.code.value if deployment.failure else None,
        "services": [
            {"name": s.plan.name, "revision": s.revision, "share": s.share, "changed": s.changed}
            for s in deployment.services
        ],
    }


def _folded(head: str, said: str, link: str) -> str:
    """Return one line that links on to the next deployment, and the rest behind a click."""
    summary = "<details><summary>What it did</summary>"
    return f"{head}. [The next deployment]({link})\n\n{summary}\n\n{said}\n\n</details>"


def alert(deployment: Deployment) -> str:
    """Return the short comment that alerts people once, or nothing."""
    if deployment.stuck and deployment.restores and deployment.phase is Phase.SHIFTING:
        return _not_returned(deployment, deployment.restores)
    failure = deployment.failure
    if failure is None or not (deployment.stuck or deployment.phase in _BAD_ENDS):
        return ""
    what = _BAD_ENDS.get(deployment.phase, "cannot be taken back")
    symbol = SYMBOLS.get(deployment.phase, "❌")
    lines = [
        alert_marker(deployment),
        f"{symbol} **{deployment.environment}: {deployment.sha[:7]} {what}.**",
        f"@{deployment.actor}: {sentence(plain(failure.reason))}",
    ]
    lines += [f"\n{remedy}" for remedy in remedies(failure)]
    if failure.detail:
        lines.append(f"\n{block(failure.detail)}")
    if deployment.stuck and deployment.phase is Phase.ROLLING_BACK:
        lines += _tried_on(deployment)
    lines.append(f"\n{commands(*next_commands(deployment))}")
    return "\n".join(lines)


def _not_returned(deployment: Deployment, release: Release) -> str:
    lines = [
        alert_marker(deployment),
        f"❌ **{deployment.environment} is not back on {called(release)} yet.**",
        f"@{deployment.actor}: this takes longer than it should.",
        *_tried_on(deployment),
        f"\n{commands(*next_commands(deployment))}",
    ]
    return "\n".join(lines)


def _tried_on(deployment: Deployment) -> list[str]:
    by_hand = block("\n".join(returned_by_hand(deployment)))
    said = f"\nIt is tried on and on ({plain(deployment.waiting)}). By hand:\n"
    return [*(f"\n{one}" for one in set_back(deployment)), said, by_hand]


def returned_by_hand(deployment: Deployment) -> list[str]:
    """Return what an operator types to do what we cannot."""
    restores = deployment.restores and deployment.phase is Phase.SHIFTING
    wanted = ((s, s.revision if restores else s.stable) for s in reversed(deployment.services))
    return [
        f"gcloud run services update-traffic {s.plan.key.service} --project {s.plan.key.project} "
        f"--region {s.plan.key.region} --to-revisions {revision}=100"
        for s, revision in wanted
        if s.changed and revision
    ]


def details(deployment: Deployment, place: int) -> str:
    """Return everything there is to say about a deployment, the newest state included."""
    parts = [*origin(deployment, place)]
    if deployment.failure:
        parts.append(_failure(deployment, deployment.failure))
    parts += holds(deployment)
    if deployment.phase is not Phase.QUEUED:
        parts.append(services.table(deployment))
    if deployment.steps_taken:
        parts.append(_steps(deployment.steps_taken))
    parts += course(deployment)
    parts += notes(deployment)
    parts.append(commands(*next_commands(deployment)))
    return "\n\n".join(parts)


def _failure(deployment: Deployment, failure: Failure) -> str:
    traffic = left(deployment, failure)
    lines = [f"**{sentence(plain(failure.reason))}** {traffic}", *remedies(failure)]
    if failure.detail:
        lines.append(block(failure.detail))
    if failure.logs:
        lines += ["Last log lines:", block("\n".join(failure.logs))]
    if failure.link:
        lines.append(f"[Build log]({failure.link})")
    return "\n\n".join(lines)


def _steps(steps: tuple[StepTaken, ...]) -> str:
    rows = ["| time (UTC) | services | canary | because |", "|---|---|---|---|"]
    rows += [
        f"| {step.at:%H:%M:%S} | {', '.join(step.services)} | {step.share} % | {step.why} |"
        for step in steps
    ]
    return "\n".join(rows)
