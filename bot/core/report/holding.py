"""What holds a deployment, who wanted that, until when, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, FailureCode, Phase, ServiceRollout
from bot.core.failure import BAD
from bot.core.report.phrases import block, compared_again, plain
from bot.core.rollout.blindness import DOWN, until
from bot.core.rollout.setbacks import MOST
from bot.core.rollout.turn import APPROVAL, ENDS, HELD, LIMITS, more_levels
from bot.core.route import Policy

if TYPE_CHECKING:
    from datetime import datetime

FULL = 100
_BEFORE = frozenset({Phase.QUEUED, Phase.BUILDING, Phase.STAGING, Phase.SMOKE})


def holds(deployment: Deployment) -> list[str]:
    """Return what people should know about a deployment that is held, one paragraph each."""
    said: list[str] = []
    if deployment.phase in {*_BEFORE, Phase.SHIFTING} and deployment.paused:
        said.append(_paused(deployment))
    if deployment.phase in HELD and deployment.approval_since and not deployment.paused:
        said.append(_approval(deployment, deployment.approval_since))
    if deployment.phase is Phase.SHIFTING and deployment.moved:
        said.append(_moved(deployment))
    if deployment.phase is Phase.SUCCEEDED and deployment.moved:
        said.append(_moved_since(deployment))
    if deployment.blind_since and deployment.waiting == DOWN:
        said.append(_unseen(deployment, deployment.blind_since))
    return [*said, *set_back(deployment)]


def set_back(deployment: Deployment) -> list[str]:
    """Return what Cloud Run says where it takes writes of traffic and fails at them."""
    on = f"after {MOST} in a row it is given up"
    if deployment.phase is Phase.ROLLING_BACK:
        on = "that goes on until it comes through"
    return [
        f"**Cloud Run fails to move the traffic of {service.plan.name}.** It is asked again, a "
        f"minute apart at most; {on}. It says:\n\n{block(service.setback.words)}"
        for service in deployment.services
        if service.setback and deployment.phase not in ENDS
    ]


def next_commands(deployment: Deployment) -> tuple[str, ...]:
    """Return the commands that can be followed now."""
    name = deployment.environment
    match deployment.phase:
        case Phase.FAILED | Phase.ROLLED_BACK | Phase.ABORTED:
            return (*_again(deployment), f"/status {name}")
        case Phase.WATCHING if compared_again(deployment):
            return (f"/rollback {name}", f"/abort {name}", f"/status {name}")
        case Phase.SUCCEEDED | Phase.WATCHING:
            return (f"/rollback {name}", f"/status {name}")
        case Phase.SHIFTING:
            return tuple(f"/{verb} {name}" for verb in _verbs(deployment))
        case phase if phase in _BEFORE:
            return tuple(f"/{verb} {name}" for verb in _verbs_before(deployment))
        case _:
            return (f"/status {name}", "/help")


def _again(deployment: Deployment) -> tuple[str, ...]:
    """Return what asks for the same again; what was taken back has to be insisted on."""
    if deployment.failure and deployment.failure.commands:
        return deployment.failure.commands
    command = deployment.command or f"/deploy {deployment.environment}"
    insist = _kept_out(deployment) and not (deployment.retry or deployment.restores)
    return (f"{command} --retry" if insist else command,)


def _kept_out(deployment: Deployment) -> bool:
    """Tell whether the same again is refused unless somebody insists."""
    code = deployment.failure.code if deployment.failure else None
    taken_back = deployment.phase is Phase.ROLLED_BACK and code in BAD
    return taken_back or code is FailureCode.REJECTED_BEFORE


def _verbs_before(deployment: Deployment) -> tuple[str, ...]:
    if deployment.paused:
        return ("resume", "abort")
    waits = deployment.phase is Phase.SMOKE and deployment.approval_since
    return ("promote" if waits else "pause", "abort")


def _verbs(deployment: Deployment) -> tuple[str, ...]:
    if deployment.moved:
        return ("resume", "abort")
    if deployment.share == FULL and not more_levels(deployment):
        return ("abort", "status")
    if deployment.paused:
        return ("resume", "promote", "abort")
    if deployment.approval_since:
        return ("promote", "abort")
    return ("promote", "pause", "abort")


def _paused(deployment: Deployment) -> str:
    held = deployment.paused
    assert held is not None  # noqa: S101  # only called for one that is
    return (
        f"**Paused by {plain(held.by)}** at {_time(held.since)}. No further step is taken, and the "
        "canary is judged on: if it turns out worse, traffic goes back by itself. "
        f"Without `/resume` all traffic returns to stable at {_time(held.until)}; `/promote` takes "
        "one step and stays paused."
    )


def _approval(deployment: Deployment, since: datetime) -> str:
    points = (p for p in deployment.plan.rollout.approve if p > deployment.share)
    step = next(points, FULL)
    return (
        f"**Waiting for approval** of {step} %, as deploy.yaml wants it: somebody with "
        f"`{deployment.plan.gates.permission}` permission types `/promote`. "
        f"Without it all traffic returns to stable at {_time(since + APPROVAL)}."
    )


def _moved(deployment: Deployment) -> str:
    lines = "\n".join(
        _put_back(service, deployment.share if service.plan.level == deployment.level else FULL)
        for service in deployment.services
        if service.changed and service.plan.level <= deployment.level
    )
    found = f" It is now: {plain(deployment.traffic_found)}." if deployment.traffic_found else ""
    return (
        f"**Somebody else moved the traffic.**{found} It is left so, and the rollout waits. "
        "`/resume` puts it back and goes on, `/abort` ends the rollout: what was moved is left so, "
        f"and all else returns to stable. To put it back by hand:\n\n{block(lines)}"
    )


def _moved_since(deployment: Deployment) -> str:
    return (
        "**Somebody else moved the traffic while it was watched.** It is now: "
        f"{plain(deployment.traffic_found)}. It is left so, and watched no longer."
    )


def _unseen(deployment: Deployment, since: datetime) -> str:
    said = f"**Metrics are down** since {_time(since)}: {plain(deployment.unseen)}."
    if deployment.phase is Phase.WATCHING:
        return f"{said} Nothing is decided without numbers."
    ends = {
        Policy.HOLD: f"at {_time(deployment.phase_since + LIMITS[Phase.SHIFTING])} "
        "all traffic returns to stable",
        Policy.PROMOTE: f"at {_time(until(deployment, since))} it takes the next step all the same",
        Policy.ROLL_BACK: f"at {_time(until(deployment, since))} all traffic returns to stable",
    }
    then = ends[deployment.route.metrics_down]
    return (
        f"{said} Without numbers the rollout goes neither up nor back; if they stay away, {then}, "
        "as deploy.yaml says."
    )


def _put_back(service: ServiceRollout, share: int) -> str:
    """Return what an operator types to have the rollout's split again."""
    percents = {service.revision: FULL if service.first else share}
    if service.stable:
        percents[service.stable] = FULL - share
    split = ",".join(f"{revision}={part}" for revision, part in percents.items() if part)
    key = service.plan.key
    return (
        f"gcloud run services update-traffic {key.service} --project {key.project} "
        f"--region {key.region} --to-revisions {split}"
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
