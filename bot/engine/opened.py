"""Read the heads of open pull requests, as no delivery may have shown them.

That is after an installation, and now and then wherever something can be deployed. A head that such
a reading shows for the first time counts as known from then on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from bot.core import events
from bot.core.model import Shown, Sweep
from bot.engine.acquaintance import begin_reading, deploying, forget, meet
from bot.engine.target import see_head
from bot.ports import Broken, Gone, Transient, World, Write

if TYPE_CHECKING:
    from bot.core.github import PullRequest
    from bot.core.model import Repository

KEY = "open pull requests"
EVERY = timedelta(minutes=30)
"""Deliveries that got lost are asked for again far sooner; this is for what even that misses."""

log = structlog.get_logger()


def reached(world: World, event: events.Installed | events.TakenAway) -> None:
    """Have the open pull requests of new repositories read, each by a message of its own.

    Those that our App lost are forgotten; what is on its way there ends by its own verdict.
    """
    for repository in event.repositories:
        if isinstance(event, events.TakenAway):
            forget(world, repository)
            continue
        meet(world, repository)
        due = events.PullsDue(repository=repository, wanted_at=event.received_at)
        world.publisher.publish(events.encode(due), {})


def read_heads(world: World, event: events.PullsDue) -> tuple[events.HeadSeen, ...]:
    """Put every open pull request's head on record, and return what was seen.

    What cannot be read waits for the next time; what our App lost unheard is forgotten.
    """
    begun, repository = world.clock(), event.repository
    if not begin_reading(world, event):
        return ()
    try:
        pulls = world.github.open_pull_requests(repository)
    except Gone:
        forget(world, repository)
        return ()
    except (Transient, Broken) as trouble:
        log.warning("heads", repository=repository.full_name, trouble=str(trouble))
        return ()
    log.info("heads", repository=repository.full_name, id=repository.id, read=len(pulls))
    for pull in pulls:
        read = Shown(sha=pull.head_sha, since=begun, at=world.clock())
        see_head(world, repository, pull.number, read)
    return tuple(_seen(world, repository, pull) for pull in pulls)


def _seen(world: World, repository: Repository, pull: PullRequest) -> events.HeadSeen:
    return events.HeadSeen(
        repository=repository,
        number=pull.number,
        sha=pull.head_sha,
        branch=pull.default_branch,
        received_at=world.clock(),
    )


def heads_due(world: World) -> tuple[events.PullsDue, ...]:
    """Return the wishes to read, when it is time; whoever moves the record on has them."""
    found = world.store.get(Sweep, KEY)
    now = world.clock()
    if found is not None and now - found[0].at < EVERY:
        return ()
    record = replace(found[0], at=now) if found else Sweep(key=KEY, at=now)
    if not world.store.commit(Write(record, found[1] if found else 0)):
        return ()
    return tuple(events.PullsDue(repository=one, wanted_at=now) for one in deploying(world))
