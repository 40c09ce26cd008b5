"""Watching → succeeded: at 100 % the canary is judged on, against what stable answered before.

An alarm there rolls nothing back: stable gets traffic again, and both are compared once more. The
environment is free meanwhile; the next deployment ends the watch, unless that is being done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.course import MOST_ALARMS, RECHECK_MOST, at_full
from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.evidence import Finding, Outcome
from bot.core.rollout import blindness
from bot.core.rollout.judging import condemned, judged, next_move, shadowed, undecidable
from bot.core.rollout.setbacks import beaten
from bot.core.rollout.shifting import going
from bot.core.rollout.splits import arrived
from bot.core.rollout.traffic import FULL, moved_by_others, observed, written
from bot.core.rollout.turn import (
    Turn,
    at_level,
    enter,
    fail,
    service_named,
    tell_step,
    wait,
    with_service,
)
from bot.core.rollout.wants import next_visible
from bot.core.route import Policy, Stage
from bot.core.sight import ServiceSeen, Sight
from bot.core.verdict import reason

if TYPE_CHECKING:
    from datetime import datetime

SUSPECT = frozenset({Finding.ALARMED, Finding.BROKEN})
SPARE = 2
"""Windows that a share of a recheck may take beyond its longest: begun ones do not count."""
UNSEEN = 2
"""How many times its length a watch may last that sees no windows."""


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Judge what is visible; end the watch in time, or when somebody moved the traffic."""
    if comparing(deployment):
        turn = _rechecked(deployment, seen, now)
        unanswered = _overdue(deployment, now) and _still_asks(deployment, turn.deployment)
        return Turn(_unanswered(_in_trouble(deployment, turn), now)) if unanswered else turn
    for service in _judged(deployment):
        live = seen.services.get(service.plan.name, ServiceSeen(exists=False))
        if live.share_of(service.revision) != FULL:
            return Turn(_left_to_them(deployment, service.plan.name, seen, now))
    if _outlasted(deployment, now):
        return Turn(enter(deployment, Phase.SUCCEEDED, now))
    return Turn(_moved(deployment, seen, now))


def _in_trouble(before: Deployment, turn: Turn) -> Deployment:
    """Return the deployment after a look, waiting for what spoiled those before it, if any was."""
    after = turn.deployment
    return replace(after, waiting=before.waiting) if before.attempts else after


def comparing(deployment: Deployment) -> bool:
    """Tell whether stable has traffic again, or not all of it was seen to be gone from there."""
    return deployment.course.stage is Stage.RECHECK or deployment.share_since is None


def in_vain(deployment: Deployment, now: datetime) -> Deployment | None:
    """Return the deployment after looks in vain for longer than a watch may last, None before."""
    if comparing(deployment):
        return _unanswered(deployment, now) if _overdue(deployment, now) else None
    return enter(deployment, Phase.SUCCEEDED, now) if _outlasted(deployment, now) else None


def refused(deployment: Deployment, service: str, now: datetime) -> Deployment | None:
    """Return the deployment watched on without stable, which gets no traffic; None at a split."""
    asking = deployment.course.stage is Stage.RECHECK
    if not asking or any(s.share < FULL for s in at_level(deployment)):
        return None
    deaf = replace(at_full(deployment.course), alarms=MOST_ALARMS)
    stable = service_named(deployment, service).stable
    why = f"Cloud Run refuses traffic for {stable}, so it is watched on without asking stable"
    return tell_step(going(deployment, deaf, now), FULL, why, now)


def _rechecked(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Bring traffic to the shares of a recheck and back, and compare."""
    if name := moved_by_others(deployment, seen):
        return Turn(_left_to_them(deployment, name, seen, now))
    deployment = observed(deployment, seen, now)
    if failure := beaten(at_level(deployment)):
        on = refused(deployment, failure.service, now)
        return Turn(on or fail(deployment, failure, now))
    if turn := written(deployment, seen, now):
        return turn
    if deployment.share_since is None:
        deployment = _arrived(deployment, now)
    return Turn(_moved(deployment, seen, now))


def _outlasted(deployment: Deployment, now: datetime) -> bool:
    """Tell whether the watch has had all the time that it may have."""
    first = deployment.sampling.window + deployment.sampling.lag
    return now - deployment.phase_since >= UNSEEN * deployment.plan.rollout.watch + first


def _overdue(deployment: Deployment, now: datetime) -> bool:
    """Tell whether a share of the recheck has lasted longer than its windows can take to show."""
    longest = (RECHECK_MOST + SPARE) * deployment.sampling.window + deployment.sampling.lag
    return now - (deployment.share_since or deployment.phase_since) > longest


def _still_asks(before: Deployment, after: Deployment) -> bool:
    asks = after.phase is Phase.WATCHING and comparing(after)
    return asks and before.course == after.course


def _unanswered(deployment: Deployment, now: datetime) -> Deployment:
    """Nobody may be kept out for ever: end the comparison as deploy.yaml says for no metrics."""
    if deployment.course.stage is Stage.WATCH:
        return _not_back(deployment, now)
    why = f"{deployment.waiting}: comparing with stable came to nothing"
    if deployment.share_since and deployment.route.metrics_down is Policy.ROLL_BACK:
        return fail(deployment, undecidable(why), now)
    back = going(deployment, at_full(deployment.course), now)
    return tell_step(back, FULL, f"{why}, watched on", now)


def _not_back(deployment: Deployment, now: datetime) -> Deployment:
    """Where a split cannot be ended upwards, end it downwards, of which people are alerted."""
    split = [s.plan.name for s in at_level(deployment) if s.share != FULL]
    if not split:
        return _arrived(deployment, now)
    failure = Failure(
        code=FailureCode.REJECTED,
        service=split[0],
        reason=f"{' and '.join(split)} could not be given all the traffic again after it was "
        "compared with stable",
        detail=f"waiting for: {deployment.waiting}",
        logs=(),
    )
    return fail(deployment, failure, now)


def _left_to_them(deployment: Deployment, name: str, seen: Sight, now: datetime) -> Deployment:
    """End the watch where people moved the traffic, and say what it is now."""
    live = seen.services.get(name, ServiceSeen(exists=False))
    found = ", ".join(f"{revision} {share} %" for revision, share in live.shares.items())
    found = f"{name}: {found or 'deleted'}"
    service = service_named(deployment, name)
    service = replace(service, share=live.share_of(service.revision))
    ended = replace(with_service(deployment, service), moved=True, traffic_found=found)
    why = f"traffic moved by somebody, so the watch ends; {found}"
    return enter(tell_step(ended, service.share, why, now), Phase.SUCCEEDED, now)


def _arrived(deployment: Deployment, now: datetime) -> Deployment:
    deployment = replace(arrived(deployment, now), share_since=now)
    if deployment.steps_taken and deployment.steps_taken[-1].share == deployment.share:
        return deployment
    said = [reason(s.verdict) for s in at_level(deployment) if s.verdict]
    rechecking = deployment.course.stage is Stage.RECHECK
    what = "compared with stable again" if rechecking else "stable does as badly, or no longer so"
    return tell_step(deployment, deployment.share, "; ".join((what, *said)), now)


def _moved(deployment: Deployment, seen: Sight, now: datetime) -> Deployment:
    if seen.metrics_down:
        return wait(_blind(deployment, seen, now), blindness.DOWN, next_visible(deployment, now))
    services = _judged(deployment)
    deployment = judged(deployment, {s.plan.name for s in services}, seen, now)
    deployment = shadowed(deployment, now)
    current = _judged(deployment)
    move = next_move(deployment, _compared(deployment, current))
    if move.outcome is Outcome.ROLLED_BACK:
        return fail(deployment, condemned(deployment), now)
    if move.outcome is Outcome.PROMOTED or not current:
        return enter(deployment, Phase.SUCCEEDED, now)
    if move.course != deployment.course:
        return going(_asked(deployment, current), move.course, now)
    blind = move.waiting == blindness.DOWN
    deployment = _blind(deployment, seen, now) if blind else _seeing(deployment)
    return wait(deployment, move.waiting, next_visible(deployment, now))


def _blind(deployment: Deployment, seen: Sight, now: datetime) -> Deployment:
    since = deployment.blind_since or now
    return replace(deployment, blind_since=since, unseen=blindness.cause(deployment, seen))


def _seeing(deployment: Deployment) -> Deployment:
    return replace(deployment, blind_since=None, unseen="")


def _asked(deployment: Deployment, services: tuple[ServiceRollout, ...]) -> Deployment:
    """As stable is asked again, take only the level of a service that gives reason to."""
    if deployment.course.stage is not Stage.WATCH:
        return deployment
    levels = (s.plan.level for s in services if s.verdict and s.verdict.finding in SUSPECT)
    return replace(deployment, level=next(levels, deployment.level))


def _compared(deployment: Deployment, services: tuple[ServiceRollout, ...]) -> list[ServiceRollout]:
    """Return the services that the course is about: in a recheck only those of its level."""
    if deployment.course.stage is not Stage.RECHECK:
        return list(services)
    return [s for s in services if s.plan.level == deployment.level]


def _judged(deployment: Deployment) -> tuple[ServiceRollout, ...]:
    """Return the services that had a canary: others have nothing to be compared with."""
    return tuple(
        s
        for s in deployment.services
        if s.changed and not s.first and any(split.share < FULL for split in s.splits)
    )
