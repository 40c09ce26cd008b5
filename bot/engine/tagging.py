"""Give images their names in the registry: tried again for a day, and never fatal.

What stands is on record, so that a name is written once and followed when it has to move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from bot.core import tags
from bot.core.action import Accepted, Rejected
from bot.core.deployment import Deployment
from bot.core.told import Rest, rested, resting
from bot.engine.observe import BACK_OFF_FIRST, back_off
from bot.ports import Broken, Transient, World, Write

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.action import Tag
    from bot.core.model import Environment
    from bot.core.told import Told

TAGS = "tags"
"""All of them rest together: it is one registry that cannot be written to."""

log = structlog.get_logger()


def give(
    world: World, environment: Environment, deployment: Deployment
) -> tuple[Deployment, datetime | None]:
    """Write what is missing; return the deployment as stored, and when to try again."""
    missing = [
        tag
        for tag in tags.wanted(deployment, environment)
        if tags.written(tag) not in deployment.told.tagged
    ]
    rest = resting(deployment.told, TAGS)
    if not missing:
        return deployment, None
    if rest is not None and rest.until > world.clock():
        return deployment, rest.until
    troubles = {tag.tag: why for tag in missing if (why := _trouble(world, tag))}
    standing = [tags.written(tag) for tag in missing if tag.tag not in troubles]
    later = _put_off(rest, world.clock()) if troubles else None
    told = rested(_told(deployment.told, standing, troubles), TAGS, later)
    kept = _kept(world, deployment, told)
    if troubles:
        log.warning("tags", deployment=deployment.id, troubles=troubles)
    if kept is None:
        return deployment, world.clock() + BACK_OFF_FIRST
    if later is not None:
        return kept, later.until
    return kept, world.clock() if deployment.told.tag_trouble else None


def _put_off(rest: Rest | None, now: datetime) -> Rest:
    attempts = rest.attempts if rest else 0
    return Rest(surface=TAGS, attempts=attempts + 1, until=now + back_off(attempts))


def _told(told: Told, standing: list[str], troubles: dict[str, str]) -> Told:
    """Keep one line per image and tag: the digest that it stands for now."""
    names = {line.rpartition("@")[0] for line in standing}
    others = (line for line in told.tagged if line.rpartition("@")[0] not in names)
    return replace(
        told,
        tagged=(*others, *standing),
        tag_trouble="; ".join(f"{tag}: {why}" for tag, why in troubles.items()),
    )


def _trouble(world: World, tag: Tag) -> str:
    try:
        outcome = world.registry.tag(tag)
    except (Transient, Broken) as trouble:
        return str(trouble)
    except Exception as defect:
        log.exception("tag", image=tag.image, tag=tag.tag)
        return type(defect).__name__
    if isinstance(outcome, Accepted):
        return ""
    return outcome.detail if isinstance(outcome, Rejected) else "somebody moved it just now"


def _kept(world: World, deployment: Deployment, told: Told) -> Deployment | None:
    """Store what stands; None when somebody else wrote meanwhile, who is to be read first."""
    found = world.store.get(Deployment, deployment.id)
    if found is None or found[0].told != deployment.told:
        return None
    kept = replace(found[0], told=told)
    return kept if world.store.commit(Write(kept, found[1])) else None
