"""Between what a phase decides and what people allow: paused, waiting for approval, promoted.

A hold only keeps a deployment from going up. What goes back goes back, and the canary is judged on
meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase, ServiceRollout
from bot.core.rollout import unjudged
from bot.core.rollout.shifting import next_step
from bot.core.rollout.turn import PAUSE, Turn, tell_step
from bot.core.rollout.wants import next_visible

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.control import Promotion

PAUSED = "paused"
APPROVAL = "waiting-for-approval"
FULL = 100


def let_through(before: Deployment, turn: Turn, now: datetime) -> Turn:
    """Return the turn as far as people let it go up, and further where they want it to."""
    after = turn.deployment
    wish = _wish(before)
    if wish and not turn.actions and _at_rest(before, after):
        after = next_step(after, now)
    if not _goes_up(before, after):
        return replace(turn, deployment=_labelled(unjudged.dropped(after, now)))
    if wish:
        return replace(turn, deployment=_promoted(before, after, wish))
    if why := _held_by(before, after):
        held = _stay(before, after, why, now)
        return replace(turn, deployment=unjudged.dropped(held, now))
    if ask := unjudged.asked(before, after, now):
        unseen = _as_unseen(before, _stay(before, after, before.waiting, now))
        return replace(turn, deployment=unjudged.asking(unseen, ask, now))
    return replace(turn, deployment=_onward(before, unjudged.taken(after)))


def _wish(before: Deployment) -> Promotion | None:
    """Return a wish that is about where the deployment is now, and no older one."""
    wish = before.promoted
    here = wish is not None and (wish.level, wish.share) == (before.level, before.share)
    return wish if here else None


def _at_rest(before: Deployment, after: Deployment) -> bool:
    """Tell whether the traffic stands at its step; where somebody moved it, it does not."""
    shifting = before.phase is after.phase is Phase.SHIFTING
    still = after.share == before.share < FULL and after.share_since is not None
    return shifting and still


def _goes_up(before: Deployment, after: Deployment) -> bool:
    match before.phase, after.phase:
        case Phase.SMOKE, Phase.SHIFTING:
            return True
        case Phase.SHIFTING, Phase.SHIFTING:
            return after.share > before.share
        case Phase.SHIFTING, Phase.STAGING:
            return True
        case _:
            return False


def _held_by(before: Deployment, after: Deployment) -> str:
    if before.paused:
        return PAUSED
    rises = after.phase is Phase.SHIFTING
    points = (p for p in before.plan.rollout.approve if before.approved < p <= after.share)
    return APPROVAL if rises and any(point > _share(before) for point in points) else ""


def _share(before: Deployment) -> int:
    return before.share if before.phase is Phase.SHIFTING else 0


def _stay(before: Deployment, after: Deployment, why: str, now: datetime) -> Deployment:
    """Keep what was learned, and stay where it was."""
    since = before.approval_since or now
    return replace(
        after,
        phase=before.phase,
        phase_since=before.phase_since,
        level=before.level,
        share=before.share,
        course=before.course,
        services=tuple(map(_unmoved, before.services, after.services)),
        share_since=_share_since(before, after),
        approval_since=since if why == APPROVAL else None,
        waiting=why,
        wake_at=next_visible(before, now),
    )


def _as_unseen(before: Deployment, stays: Deployment) -> Deployment:
    """Nothing of it can be seen for as long as before."""
    return replace(stays, blind_since=before.blind_since, unseen=before.unseen)


def _unmoved(before: ServiceRollout, after: ServiceRollout) -> ServiceRollout:
    """Keep what was learned about a service whose split goes on."""
    return replace(after, splits=before.splits)


def _share_since(before: Deployment, after: Deployment) -> datetime | None:
    """Take a step that is left in the very look that saw it reached as reached then."""
    if before.share_since or before.phase is not Phase.SHIFTING:
        return before.share_since
    return after.phase_since


def _promoted(before: Deployment, after: Deployment, wish: Promotion) -> Deployment:
    now = after.phase_since
    told = tell_step(replace(before, steps_taken=after.steps_taken), before.share, _why(wish), now)
    return replace(
        _onward(before, after),
        promoted=None,
        revisit=None,
        approved=after.share if after.level == before.level else 0,
        paused=before.paused and replace(before.paused, until=now + PAUSE),
        steps_taken=told.steps_taken,
    )


def _why(wish: Promotion) -> str:
    return f"promoted by {wish.by}"


def _onward(before: Deployment, after: Deployment) -> Deployment:
    """Each level is approved anew."""
    approved = before.approved if after.level == before.level else 0
    return replace(after, approval_since=None, approved=approved)


def _labelled(after: Deployment) -> Deployment:
    """Say that it is paused where nothing else is to be said."""
    quiet = after.phase is Phase.SHIFTING and after.share_since is not None and not after.moved
    return replace(after, waiting=PAUSED) if after.paused and quiet else after
