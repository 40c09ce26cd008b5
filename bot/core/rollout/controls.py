"""What people do to a deployment on its way: promote, pause, resume, abort; and what replaces it.

Each is one change of the stored record. No traffic moves here: the next look makes it so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.control import Control, Pause, Promotion, Verb
from bot.core.deployment import Deployment, Failure, FailureCode, Phase
from bot.core.model import Refusal
from bot.core.reasons import Reason
from bot.core.rollout.turn import (
    ENDS,
    HELD,
    PAUSE,
    enter,
    fail,
    more_levels,
    tell_step,
)

if TYPE_CHECKING:
    from datetime import datetime

FULL = 100
BEFORE_TRAFFIC = frozenset({Phase.QUEUED, Phase.BUILDING, Phase.STAGING})


def controlled(deployment: Deployment, control: Control, now: datetime) -> Deployment | Refusal:
    """Return the deployment as somebody wants it, due for a look, or why that cannot be."""
    if against := _too_late(deployment, control):
        return against
    match control.verb:
        case Verb.ABORT:
            return aborted(deployment, control.by, now)
        case Verb.PAUSE:
            return _paused(deployment, control, now)
        case Verb.RESUME:
            return _resumed(deployment, control, now)
        case Verb.PROMOTE:
            return _promoted(deployment, control, now)


def aborted(deployment: Deployment, by: str, now: datetime) -> Deployment:
    """Return the deployment on its way to its end, which nothing undoes."""
    return _ended_by(deployment, FailureCode.ABORTED, f"{by} aborted it", now)


def superseded(deployment: Deployment, by: str, now: datetime) -> Deployment:
    """Return the deployment on its way to its end; `by` says what takes its place."""
    return _ended_by(deployment, FailureCode.SUPERSEDED, f"superseded by {by}", now)


def overtaken(deployment: Deployment, by: str, now: datetime) -> Deployment:
    """Return the deployment ended as it is compared again; `by` takes the traffic as it is."""
    over = _ended_by(deployment, FailureCode.SUPERSEDED, f"superseded by {by}", now)
    return enter(over, Phase.SUPERSEDED, now)


def _ended_by(deployment: Deployment, code: FailureCode, why: str, now: datetime) -> Deployment:
    failure = Failure(code=code, service="", reason=why, logs=())
    if deployment.phase is not Phase.QUEUED:
        told = tell_step(deployment, deployment.share, why, now)
        return fail(told, failure, now)
    end = Phase.ABORTED if code is FailureCode.ABORTED else Phase.SUPERSEDED
    return enter(replace(deployment, failure=failure), end, now)


def _too_late(deployment: Deployment, control: Control) -> Refusal | None:
    environment = deployment.environment
    if deployment.phase in ENDS:
        return _refusal(deployment, "has ended already", f"/rollback {environment}", "/status")
    if deployment.phase is Phase.ROLLING_BACK:
        return _refusal(deployment, "is on its way back already", "/status")
    if deployment.phase is Phase.WATCHING and control.verb is not Verb.ABORT:
        return _refusal(deployment, "is at 100 % already", f"/rollback {environment}", "/status")
    return None


def _paused(deployment: Deployment, control: Control, now: datetime) -> Deployment | Refusal:
    if deployment.paused:
        by = deployment.paused.by
        return _refusal(deployment, f"was paused by {by} already", "/promote", "/resume", "/abort")
    if deployment.restores:
        return _refusal(deployment, "is a rollback, which has no steps to pause at", "/abort")
    if deployment.share == FULL and not more_levels(deployment):
        return _refusal(deployment, "is at 100 % already", f"/rollback {deployment.environment}")
    held = Pause(by=control.by, since=now, until=now + PAUSE)
    return _noted(replace(deployment, paused=held), f"paused by {control.by}", now)


def _resumed(deployment: Deployment, control: Control, now: datetime) -> Deployment | Refusal:
    if not (deployment.paused or deployment.moved):
        return _refusal(deployment, "is not paused", "/pause", "/promote", "/abort")
    since = now if deployment.phase in HELD else deployment.phase_since
    going = replace(deployment, paused=None, phase_since=since)
    if deployment.moved:
        back = replace(going, retaken_by=control.by)
        return _noted(back, f"{control.by} had the traffic put back", now)
    return _noted(going, f"resumed by {control.by}", now)


def _promoted(deployment: Deployment, control: Control, now: datetime) -> Deployment | Refusal:
    if deployment.phase in BEFORE_TRAFFIC:
        why = "has no traffic yet, so there is no step to go on from"
        return _refusal(deployment, why, "/pause", "/abort")
    if deployment.moved:
        why = "is held, because somebody else moved the traffic"
        return _refusal(deployment, why, "/resume", "/abort")
    if deployment.share == FULL and not more_levels(deployment):
        return _refusal(deployment, "is on its way to 100 % already", "/status", "/abort")
    wish = Promotion(by=control.by, level=deployment.level, share=deployment.share)
    return replace(deployment, promoted=wish, wake_at=now)


def _noted(deployment: Deployment, why: str, now: datetime) -> Deployment:
    return replace(tell_step(deployment, deployment.share, why, now), wake_at=now)


def _refusal(deployment: Deployment, why: str, *commands: str) -> Refusal:
    return Refusal(
        code=Reason.NOT_NOW,
        reason=f"the deployment of `{deployment.sha[:7]}` to `{deployment.environment}` {why}",
        commands=commands,
    )
