"""Locks: who keeps deployments out of an environment, and which go in all the same.

Nothing here lets a lock end by itself, however old it is. A lock after a rollback keeps out the
commit that was rolled back, and goes when another one goes in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core.model import Environment, Lock

if TYPE_CHECKING:
    from bot.core.deployment import Deployment


class Entry(Struct, frozen=True):
    """What wants to go in."""

    sha: str
    actor: str
    number: int | None
    retry: bool = False
    """Whether somebody insists on what was rolled back."""


def holds(lock: Lock | None, entry: Entry) -> bool:
    """Tell whether the lock keeps this out."""
    if lock is None:
        return False
    if lock.rolled_back:
        return entry.sha == lock.rolled_back and not entry.retry
    own = lock.number is not None and (lock.owner, lock.number) == (entry.actor, entry.number)
    return not own


def of_deployment(deployment: Deployment, why: str) -> Lock:
    """Return the lock that a deployment leaves behind at its end."""
    return Lock(
        key=deployment.id,
        reason=why,
        owner=deployment.actor,
        since=deployment.phase_since,
        number=deployment.number,
    )


def entry_of(deployment: Deployment) -> Entry:
    """Return what of a deployment matters to a lock."""
    return Entry(
        sha=deployment.sha,
        actor=deployment.actor,
        number=deployment.number,
        retry=deployment.retry,
    )


def locked(environment: Environment, lock: Lock) -> Environment:
    """Return the environment under this lock, unless somebody else's stands.

    One's own lock is made anew, and a lock after a rollback gives way to a person's.
    """
    there = environment.lock
    free = there is None or there.rolled_back or there.owner == lock.owner
    return replace(environment, lock=lock) if free else environment


def unlocked(environment: Environment) -> Environment:
    """Return the environment open again, with a wish for a look, as others may be waiting."""
    if environment.lock is None:
        return environment
    return replace(environment, lock=None, asked=environment.asked + 1)


def after_rollback(environment: Environment, sha: str, lock: Lock) -> Environment:
    """Return the environment closed to a commit that was rolled back; a person's lock stays."""
    there = environment.lock
    if there is not None and not there.rolled_back:
        return environment
    return replace(environment, lock=replace(lock, rolled_back=sha))


def entered(environment: Environment, deployment: Deployment) -> Environment:
    """Return the environment after a deployment became active: a rollback's lock is over then."""
    lock = environment.lock
    insists = lock is not None and lock.rolled_back and deployment.retry
    over = insists or (lock is not None and lock.rolled_back not in {"", deployment.sha})
    return replace(environment, lock=None) if over else environment
