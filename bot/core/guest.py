"""How often somebody may ask who has no say in a repository, so that they starve nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot.core.model import Refusal
from bot.core.reasons import Reason

MOST = 30
"""Lines within the hour that are answered without a look at who asks."""
HOUR = timedelta(hours=1)
LOOK_EVERY = timedelta(minutes=1)
STAYS = timedelta(minutes=10)
"""How long one head too many must stand before a merge's checks are looked for."""
INSIDER = "triage"
"""Whoever has at least this role is always heard."""


class Guest(Struct, frozen=True, kw_only=True):
    """One person in one repository."""

    key: str
    """`<repository id>/<login>`, or `#` and the pull request of a head that nobody pushed."""
    since: datetime
    """When their hour began."""
    lines: int = 0
    looked_at: datetime | None = None
    """When their role was read, since they have asked too often."""


def counted(guest: Guest, now: datetime) -> Guest:
    """Return the record with one line more, in a new hour where the last one is over."""
    if now - guest.since >= HOUR:
        return Guest(key=guest.key, since=now, lines=1)
    return replace(guest, lines=guest.lines + 1)


def look_due(guest: Guest, now: datetime) -> bool:
    """Tell whether the role of somebody who asks too often may be read again."""
    return guest.looked_at is None or now - guest.looked_at >= LOOK_EVERY


def too_often(guest: Guest, login: str) -> Refusal:
    """Return the last word to somebody until their hour is over."""
    until = f"{guest.since + HOUR:%H:%M} UTC"
    return Refusal(
        code=Reason.ASKED_TOO_OFTEN,
        reason=f"@{login} has less than `{INSIDER}` permission on this repository and has asked "
        f"for more than {MOST} things within the hour",
        remedy=f"until {until} what they write is not answered",
    )
