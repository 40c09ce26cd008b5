"""Every transition there is: one phase's function decides, this table says what it may decide.

Rule: what changes a deployment's phase stands in this folder, and nowhere else. A move that the
table does not know is a defect and raises; the deployment is then unchanged.

Next: bot/core/course.py
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.action import (
    Accepted,
    BuildOver,
    BuildStarted,
    Conflicted,
    Opened,
    Outcome,
    Rejected,
)
from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.rollout import building, queued, rolling_back, shifting, smoke, staging, watching
from bot.core.rollout.health import fallen_over
from bot.core.rollout.holds import let_through
from bot.core.rollout.refused import refused
from bot.core.rollout.setbacks import lasting
from bot.core.rollout.turn import ENDS, Turn, expired, fail, service_named, time_out, with_service

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.core.sight import Sight

SOON = timedelta(seconds=1)
LONG = timedelta(seconds=60)

TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    Phase.QUEUED: frozenset(
        {
            Phase.BUILDING,
            Phase.STAGING,
            Phase.SHIFTING,
            Phase.UNCHANGED,
            Phase.ROLLING_BACK,
            Phase.FAILED,
            Phase.ABORTED,
            Phase.SUPERSEDED,
        }
    ),
    Phase.BUILDING: frozenset({Phase.STAGING, Phase.ROLLING_BACK}),
    Phase.STAGING: frozenset({Phase.SMOKE, Phase.ROLLING_BACK}),
    Phase.SMOKE: frozenset({Phase.SHIFTING, Phase.ROLLING_BACK}),
    Phase.SHIFTING: frozenset({Phase.STAGING, Phase.WATCHING, Phase.SUCCEEDED, Phase.ROLLING_BACK}),
    Phase.WATCHING: frozenset({Phase.SUCCEEDED, Phase.SUPERSEDED, Phase.ROLLING_BACK}),
    Phase.ROLLING_BACK: frozenset(
        {Phase.ROLLED_BACK, Phase.FAILED, Phase.ABORTED, Phase.SUPERSEDED}
    ),
    Phase.SUCCEEDED: frozenset(),
    Phase.UNCHANGED: frozenset(),
    Phase.ROLLED_BACK: frozenset(),
    Phase.FAILED: frozenset(),
    Phase.ABORTED: frozenset(),
    Phase.SUPERSEDED: frozenset(),
}

_PHASES: dict[Phase, Callable[[Deployment, Sight, datetime], Turn]] = {
    Phase.QUEUED: queued.look,
    Phase.BUILDING: building.look,
    Phase.STAGING: staging.look,
    Phase.SMOKE: smoke.look,
    Phase.SHIFTING: shifting.look,
    Phase.WATCHING: watching.look,
    Phase.ROLLING_BACK: rolling_back.look,
}


def step(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Return the deployment after one look, and what is to be made so.

    An ended deployment stays as it is, whatever is seen: late and doubled messages change nothing.
    """
    if deployment.phase in ENDS:
        return Turn(deployment)
    if deployment.told.other_commit and deployment.phase is not Phase.ROLLING_BACK:
        return Turn(fail(deployment, _other_commit(deployment), now))
    if failure := fallen_over(deployment, seen):
        return Turn(fail(deployment, failure, now))
    turn = let_through(deployment, _PHASES[deployment.phase](deployment, seen, now), now)
    if not turn.actions:
        turn = Turn(replace(turn.deployment, attempts=0), images=turn.images)
    if turn.deployment.phase is deployment.phase and _given_up(turn.deployment, now):
        turn = Turn(time_out(turn.deployment, now))
    reached = turn.deployment.phase
    if reached is not deployment.phase and reached not in TRANSITIONS[deployment.phase]:
        msg = f"{deployment.phase} may not become {reached}"
        raise ValueError(msg)
    return turn


def record(deployment: Deployment, outcome: Outcome, now: datetime) -> Deployment:
    """Return the deployment with what came of an action; one that has ended absorbs it."""
    if deployment.phase in ENDS:
        return deployment
    if isinstance(outcome, Conflicted):
        return replace(deployment, wake_at=now + SOON)
    if isinstance(outcome, Rejected):
        return _rejected(deployment, outcome, now)
    service = _with_outcome(service_named(deployment, outcome.service), outcome)
    return with_service(replace(deployment, attempts=0), service)


def _with_outcome(
    service: ServiceRollout, outcome: BuildStarted | BuildOver | Accepted | Opened
) -> ServiceRollout:
    match outcome:
        case BuildStarted(build=build):
            return replace(service, build=build)
        case BuildOver():
            return replace(service, build_over=True)
        case Accepted(operation=operation, kept=kept):
            return replace(
                service, operation=operation, kept=service.kept if kept is None else kept
            )
        case Opened():
            return replace(service, opened=True)


def spoiled(deployment: Deployment, why: str, until: datetime, now: datetime) -> Deployment:
    """Return the deployment after a look that outside trouble spoiled: later, within its limit."""
    if deployment.phase in ENDS:
        return deployment
    if over := _out_of_time(replace(deployment, waiting=why), now):
        return over
    return replace(
        deployment,
        attempts=deployment.attempts + 1,
        waiting=f"outside trouble: {why}",
        stuck=deployment.stuck or lasting(deployment, now),
        wake_at=until,
    )


def broken(deployment: Deployment, why: str, now: datetime) -> Deployment:
    """Return the deployment after something that waiting will not mend.

    A release that is out and well is not taken back because we cannot look at it.
    """
    if deployment.phase in {Phase.ROLLING_BACK, Phase.WATCHING, *ENDS}:
        return spoiled(deployment, why, now + LONG, now)
    reason = f"something is wrong on our side (reference {deployment.id})"
    failure = Failure(code=FailureCode.INTERNAL, service="", reason=reason, detail=why, logs=())
    return fail(deployment, failure, now)


def _other_commit(deployment: Deployment) -> Failure:
    made = deployment.told.other_commit[:7]
    return Failure(
        code=FailureCode.OTHER_COMMIT,
        service="",
        reason=f"GitHub's deployment was made for {made} and not for {deployment.sha[:7]}",
        logs=(),
    )


def _out_of_time(deployment: Deployment, now: datetime) -> Deployment | None:
    if deployment.phase is Phase.WATCHING:
        return watching.in_vain(deployment, now)
    return time_out(deployment, now) if _given_up(deployment, now) else None


def _given_up(deployment: Deployment, now: datetime) -> bool:
    return deployment.phase is not Phase.ROLLING_BACK and expired(deployment, now)


def _rejected(deployment: Deployment, said: Rejected, now: datetime) -> Deployment:
    if deployment.phase is Phase.WATCHING and (
        on := watching.refused(deployment, said.service, now)
    ):
        return on
    if deployment.phase in {Phase.ROLLING_BACK, Phase.WATCHING}:
        return spoiled(deployment, f"Cloud Run refuses: {said.detail}", now + LONG, now)
    return fail(deployment, refused(deployment, said), now)
