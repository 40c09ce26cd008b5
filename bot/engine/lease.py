"""One look at a time per environment: a lease in its record, taken and given back by version.

Whoever meets a held lease only counts its wish up; the holder gives the lease back against that
count, and looks again when it moved. So no wish is lost and nobody waits.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.model import Environment
from bot.ports import Transient, World, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

LENGTH = timedelta(seconds=30)
"""After a crash the next look waits at most so long."""


def take(world: World, key: str) -> str:
    """Return our holder's name, or nothing when somebody else is looking."""
    holder = secrets.token_hex(8)

    def wish(environment: Environment) -> Environment:
        asked = replace(environment, asked=environment.asked + 1)
        return asked if held(asked, world.clock()) else _ours(asked, holder, world.clock())

    taken = update(world, key, wish)
    return holder if taken is not None and taken.lease_holder == holder else ""


@contextmanager
def kept(world: World, key: str, holder: str) -> Iterator[None]:
    """Keep the lease alive however long one look takes, as long as this process lives."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(LENGTH.total_seconds() / 3):
            with suppress(Transient):
                update(world, key, partial(_renewed_by, holder, world.clock()))

    heart = threading.Thread(target=beat, name=f"lease {key}", daemon=True)
    heart.start()
    try:
        yield
    finally:
        done.set()
        heart.join()


def give_back(world: World, key: str, holder: str, asked: int) -> bool:
    """Free the environment, unless somebody has asked for a look since: then return False."""
    found = world.store.get(Environment, key)
    if found is None or found[0].lease_holder != holder:
        return True
    environment, version = found
    if environment.asked != asked:
        return False
    return world.store.commit(Write(_free(environment), version))


def drop(world: World, key: str, holder: str) -> None:
    """Free the environment whatever was asked: a look in a message of its own follows."""

    def freed(environment: Environment) -> Environment:
        return _free(environment) if environment.lease_holder == holder else environment

    update(world, key, freed)


def renewed(environment: Environment, now: datetime) -> Environment:
    """Return the environment with the lease at its full length again."""
    return replace(environment, lease_until=now + LENGTH)


def held(environment: Environment, now: datetime) -> bool:
    """Tell whether somebody is looking."""
    return environment.lease_until is not None and environment.lease_until > now


def update(
    world: World, key: str, change: Callable[[Environment], Environment]
) -> Environment | None:
    """Change an environment's record, again and again until nobody came between."""
    while (found := world.store.get(Environment, key)) is not None:
        environment, version = found
        changed = change(environment)
        if changed == environment or world.store.commit(Write(changed, version)):
            return changed
    return None


def _ours(environment: Environment, holder: str, now: datetime) -> Environment:
    return replace(environment, lease_holder=holder, lease_until=now + LENGTH)


def _renewed_by(holder: str, now: datetime, environment: Environment) -> Environment:
    return renewed(environment, now) if environment.lease_holder == holder else environment


def _free(environment: Environment) -> Environment:
    return replace(environment, lease_holder="", lease_until=None)
