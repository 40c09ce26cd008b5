"""Remember which repositories there are: a sweep finds them, and nothing is asked in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import events
from bot.core.known import KEY, Known, KnownRepository
from bot.core.model import Repository
from bot.ports import World, Write

if TYPE_CHECKING:
    from collections.abc import Callable


def meet(world: World, repository: Repository) -> KnownRepository:
    """Return what is known of a repository, and remember it under its present name."""
    return _kept(world, repository, lambda known: known)


def learn(world: World, repository: Repository, *, required: bool, rules: str = "") -> None:
    """Remember whether deploy.yaml wants a check on every pull request, and which one does.

    Where it does from now on, those that are open already are read for it.
    """
    before = meet(world, repository).required

    def learned(known: KnownRepository) -> KnownRepository:
        return replace(known, required=required, rules=rules or known.rules)

    _kept(world, repository, learned)
    if required and not before:
        due = events.PullsDue(repository=repository, wanted_at=world.clock())
        world.publisher.publish(events.encode(due), {})


def begin_reading(world: World, event: events.PullsDue) -> bool:
    """Remember that open pull requests are read; False where that was done since it was wanted."""
    wanted, now = event.wanted_at, world.clock()
    read: list[bool] = []

    def mark(known: KnownRepository) -> KnownRepository:
        done = wanted is not None and known.read_at is not None and known.read_at >= wanted
        read.append(done)
        return known if done else replace(known, read_at=now)

    _kept(world, event.repository, mark)
    return not read[-1]


def forget(world: World, repository: Repository) -> None:
    """Know a repository no longer, unless another installation has brought it meanwhile."""
    while (found := world.store.get(Known, KEY)) is not None:
        known, version = found
        place = known.places.get(str(repository.id))
        if place is None or place.installation != repository.installation:
            return
        others = {key: one for key, one in known.places.items() if key != str(repository.id)}
        if world.store.commit(Write(replace(known, places=others), version)):
            return


def deploying(world: World) -> tuple[Repository, ...]:
    """Return every known repository from which something can be deployed.

    An App may be given thousands, all of which share one limit of requests.
    """
    found = world.store.get(Known, KEY)
    places = [one for one in found[0].places.values() if one.rules] if found else []
    return tuple(Repository(one.id, one.full_name, one.installation) for one in places)


def _kept(
    world: World,
    repository: Repository,
    change: Callable[[KnownRepository], KnownRepository],
) -> KnownRepository:
    key = str(repository.id)
    while True:
        known, version = world.store.get(Known, KEY) or (Known(), 0)
        new = KnownRepository(
            id=repository.id,
            full_name=repository.full_name,
            installation=repository.installation,
        )
        before = known.places.get(key)
        named = _as_named(before, new) if before else new
        after = change(named)
        if after == before:
            return after
        places = {**known.places, key: after}
        if world.store.commit(Write(replace(known, places=places), version)):
            return after


def _as_named(known: KnownRepository, now: KnownRepository) -> KnownRepository:
    return replace(known, full_name=now.full_name, installation=now.installation)
