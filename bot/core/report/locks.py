"""What people read about locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.locks import Entry, holds
from bot.core.model import Refusal
from bot.core.reasons import Reason
from bot.core.report.phrases import age, commands, inline

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.model import Ask, Environment, Lock


def kept_out(place: Environment, entry: Entry, again: str, now: datetime) -> Refusal | None:
    """Return why this may not go in, with the command that unlocks and the one to ask `again`."""
    lock = place.lock
    if lock is None or not holds(lock, entry):
        return None
    if lock.rolled_back:
        return Refusal(
            code=Reason.REJECTED_BEFORE,
            reason=f"`{entry.sha[:7]}` was rolled back: `{place.name}` is {locked_by(lock, now)}",
            remedy="deploy a commit that mends it, or insist on this one",
            commands=(f"{again} --retry", f"/unlock {place.name}"),
        )
    return Refusal(
        code=Reason.LOCKED,
        reason=f"`{place.name}` is {locked_by(lock, now)}",
        remedy="unlock it once that is over",
        commands=(f"/unlock {place.name}", again),
    )


def taken(place: Environment, lock: Lock, again: str, now: datetime) -> Refusal:
    """Return why somebody else's lock is not replaced."""
    return Refusal(
        code=Reason.LOCKED,
        reason=f"`{place.name}` is {locked_by(lock, now)}",
        remedy="unlock it first",
        commands=(f"/unlock {place.name}", again),
    )


def locked_by(lock: Lock, now: datetime) -> str:
    """Return who locked it, since when and why, to follow "is"."""
    where = f" on #{lock.number}" if lock.number else ""
    return f"locked by @{lock.owner}{where} for {age(now - lock.since)}: {inline(lock.reason)}"


def locked(place: Environment, lock: Lock) -> str:
    """Return that the environment is closed, and how it opens again."""
    own = f" @{lock.owner}'s deployments from #{lock.number} still go in." if lock.number else ""
    until = f" A reminder comes at {lock.until:%Y-%m-%d %H:%M} UTC." if lock.until else ""
    return (
        f"🔒 `{place.name}` is locked: {inline(lock.reason)}. Nothing goes in until somebody "
        f"unlocks it; it never unlocks by itself.{own}{until}\n\n{_next(place)}"
    )


def unlocked(place: Environment, lock: Lock | None, now: datetime) -> str:
    """Return that the environment is open, and whose lock is gone."""
    was = f" It was {locked_by(lock, now)}." if lock else " No lock was on it."
    waiting = f" {len(place.queue)} waiting here go on by themselves." if place.queue else ""
    offered = commands(f"/deploy {place.name}", "/status")
    return f"🔓 `{place.name}` is open.{was}{waiting}\n\n{offered}"


def reminder_marker(ask: Ask, number: int) -> str:
    """Return what one reminder can be found again by."""
    return f"<!-- spillway reminder {ask.key} {number} -->"


def reminder(place: Environment, lock: Lock, now: datetime) -> str:
    """Return the comment that reminds a lock's owner."""
    return (
        f"🔒 @{lock.owner}, `{place.name}` is still {locked_by(lock, now)}. Unlock it once that is "
        f"over.\n\n{_next(place)}"
    )


def _next(place: Environment) -> str:
    return commands(f"/unlock {place.name}", f"/status {place.name}")
