"""Ask GitHub for the deliveries that did not reach us: a receiver that was down forgets nothing.

The tick only says that it may be time. Whoever moves the record on does the work, so that two
ticks do not do it twice; a delivery that arrives twice all the same makes nothing new.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.core import events
from bot.core.missed import missed
from bot.core.model import Sweep
from bot.ports import Broken, Transient, World, Write

if TYPE_CHECKING:
    from datetime import datetime

KEY = "deliveries"
MOST = 20
"""Deliveries that are asked for in one sweep."""
LATELY = timedelta(hours=1)
"""However many deliveries there were in this time, all are looked through."""
PARTS = 5
"""A failed attempt is left alone for this part of the time between sweeps: a minute of five."""

log = structlog.get_logger()


def sweep_due(world: World) -> events.Sweep | None:
    """Return the wish for a sweep, or None while the last one is young; reads one record."""
    found = world.store.get(Sweep, KEY)
    return events.Sweep() if _due(world, found[0] if found else None) else None


def sweep(world: World) -> None:
    """Have failed deliveries made again, unless somebody else has just done so."""
    found = world.store.get(Sweep, KEY)
    now = world.clock()
    if not _due(world, found[0] if found else None):
        return
    begun = Sweep(key=KEY, at=now)
    if not world.store.commit(Write(begun, found[1] if found else 0)):
        return
    try:
        asked = _asked_again(world, now)
        log.info("sweep", deliveries=asked)
    except (Transient, Broken) as trouble:
        log.warning("sweep", trouble=str(trouble))


def _due(world: World, last: Sweep | None) -> bool:
    since: timedelta | None = world.clock() - last.at if last else None
    return since is None or since >= world.sweep_every


def _asked_again(world: World, now: datetime) -> int:
    tried = world.deliveries.attempts(now - LATELY)
    wanted = missed(tried, now, world.sweep_every / PARTS)[:MOST]
    for attempt in wanted:
        world.deliveries.again(attempt)
    return len(wanted)
