"""One case per action, one port per case: what is wanted is made so, and the outcome is a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.core import allowance
from bot.core.action import (
    Accepted,
    Action,
    BuildStarted,
    CancelBuild,
    Opened,
    OpenToAll,
    Outcome,
    Rejected,
    Shift,
    Stage,
    StartBuild,
)
from bot.core.deployment import Phase
from bot.core.rollout.turn import service_named
from bot.trouble import Unsuitable

if TYPE_CHECKING:
    from bot.core.deployment import Deployment
    from bot.ports import World


def perform(world: World, deployment: Deployment, action: Action) -> Outcome:
    """Make it so; raise Transient when the outcome is unknown or the world cannot be reached."""
    if (why := _forbidden(world, deployment, action)) and not isinstance(action, CancelBuild):
        return Rejected(service=action.service, detail=why, forbidden=True)
    match action:
        case StartBuild():
            return _built(world, deployment, action)
        case CancelBuild():
            return world.builds.cancel(action)
        case Stage():
            return world.services.stage(action)
        case Shift():
            return world.services.shift(action)
        case OpenToAll():
            outcome = world.services.open_to_all(action)
            return Opened(service=action.service) if isinstance(outcome, Accepted) else outcome
        case _:
            assert_never(action)


def _built(world: World, deployment: Deployment, action: StartBuild) -> BuildStarted | Rejected:
    try:
        return world.builds.start(action, _source(world, deployment, action))
    except Unsuitable as wrong:
        return Rejected(service=action.service, detail=str(wrong), unsuitable=True)


def _source(world: World, deployment: Deployment, action: StartBuild) -> str:
    """Return where the commit is stored for a build that does not clone it."""
    if action.connected_repository:
        return ""
    archive = world.github.archive(deployment.repository, action.sha)
    return world.sources.put(f"{deployment.repository.id}/{action.sha}.tar.gz", archive)


def _forbidden(world: World, deployment: Deployment, action: Action) -> str:
    """Return why the operator does not want it: settings may have changed since it was asked for.

    Traffic always goes back to stable.
    """
    if deployment.phase is Phase.ROLLING_BACK:
        return ""
    key = service_named(deployment, action.service).plan.key
    return allowance.forbidden(world.allowed, deployment.repository.id, key)
