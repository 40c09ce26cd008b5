"""Fold the comment of the deployment before to one line that links on: one comment is news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment
from bot.core.model import Environment
from bot.core.rollout.turn import ENDS
from bot.ports import World, Write

if TYPE_CHECKING:
    from datetime import datetime

FAR = 20
"""How many deployments back one with a comment is looked for."""
NONE = "none"


def fold(world: World, deployment: Deployment) -> None:
    """Have the comment before ours folded once ours stands and that deployment has ended.

    It is told like every other change: its record says so, and the next look brings GitHub up to
    date.
    """
    if not deployment.told.comment or deployment.told.folds:
        return
    before = _before(world, deployment)
    if before is None:
        _keep(world, deployment, NONE, ())
    elif before.phase in ENDS:
        _keep(world, deployment, before.id, _folded(world, before, address(deployment)))


def address(deployment: Deployment) -> str:
    """Return where the deployment's comment is, on whatever host GitHub is."""
    repository, number = deployment.repository.full_name, deployment.number
    return f"/{repository}/pull/{number}#issuecomment-{deployment.told.comment}"


def _before(world: World, deployment: Deployment) -> Deployment | None:
    earlier = world.store.history(deployment.environment_key, FAR)
    ours = (deployment.created_at, deployment.id)
    return next((d for d in earlier if d.told.comment and (d.created_at, d.id) < ours), None)


def _folded(world: World, before: Deployment, link: str) -> tuple[Write, ...]:
    found = world.store.get(Deployment, before.id)
    place = world.store.get(Environment, before.environment_key)
    if found is None or place is None or found[0].told.folded:
        return ()
    told = replace(found[0].told, folded=link)
    telling = tuple(dict.fromkeys((*place[0].telling, before.id)))
    again = replace(place[0], telling=telling, asked=place[0].asked + 1)
    wake: datetime = world.clock()
    return (
        Write(replace(found[0], told=told, wake_at=wake), found[1]),
        Write(again, place[1]),
    )


def _keep(world: World, deployment: Deployment, folds: str, others: tuple[Write, ...]) -> None:
    """Store it unless somebody came between: the next look tries again."""
    found = world.store.get(Deployment, deployment.id)
    if found is not None:
        told = replace(found[0].told, folds=folds)
        world.store.commit(Write(replace(found[0], told=told), found[1]), *others)
