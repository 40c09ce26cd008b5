"""Which deployments give way to a newer one to the same environment, and by what they say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.releases import called
from bot.core.rollout.turn import ENDS

if TYPE_CHECKING:
    from bot.core.model import Environment

STAY = frozenset({Phase.ROLLING_BACK, Phase.WATCHING, *ENDS})
"""What is on its way back, or out already, is not ended by a newer one."""


def gives_way(older: Deployment, newer: Deployment, environment: Environment) -> bool:
    """Tell whether a newer deployment takes the place of an older one.

    Waiting pushes of a branch collapse to the newest; where the latest wins, so does everything
    else, also what is on its way. A rollback gives way to nothing, and only what is on its way
    gives way to a rollback.
    """
    if older.id == newer.id or older.restores or older.phase in STAY:
        return False
    waiting = older.id in environment.queue
    if newer.restores:
        return not waiting
    if waiting and older.branch and older.branch == newer.branch:
        return True
    return newer.plan.superseding == "latest_wins"


def names(newer: Deployment) -> str:
    """Return what people know the newer one by."""
    sha = newer.sha[:7]
    if newer.restores:
        return f"the rollback to {called(newer.restores)} that {newer.actor} asked for"
    if newer.branch:
        return f"{sha}, the newer push to {newer.branch}"
    return f"{sha} of pull request {newer.number}" if newer.number else sha


def put_first(environment: Environment, deployment: str) -> Environment:
    """Return the environment with a deployment before all that wait, and a wish for a look."""
    if deployment in (environment.active, environment.watching, *environment.queue):
        return environment
    queue = (deployment, *environment.queue)
    return replace(environment, queue=queue, asked=environment.asked + 1)
