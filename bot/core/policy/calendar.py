"""The gates `windows` and `freezes`: when deployments may start, in people's own time zones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.core.gates import DAYS, freeze_bounds, window_days, window_hours
from bot.core.model import Refusal
from bot.core.policy.facts import again
from bot.core.policy.judgement import Note
from bot.core.policy.people import at_least
from bot.core.reasons import Reason

if TYPE_CHECKING:
    from bot.core.gates import Window
    from bot.core.policy.facts import Facts

_DAY = timedelta(days=1)


def calendar(facts: Facts) -> Refusal | Note | None:
    """Refuse outside every window and within any freeze; an admin may override, with a reason."""
    closed = _closed(facts)
    if not closed:
        return None
    if facts.override and at_least(facts.role, "admin"):
        return Note(f"{closed}; overridden by @{facts.actor}: {facts.why}")
    if facts.override:
        return Refusal(
            code=Reason.OVERRIDE_DENIED,
            reason=f"{closed}, and only admins may override that; @{facts.actor} has "
            f"`{facts.role}` permission",
            remedy="ask an admin, or wait",
        )
    return Refusal(
        code=Reason.FROZEN if "is frozen" in closed else Reason.OUTSIDE_WINDOWS,
        reason=closed,
        remedy="wait until then, or have an admin override it",
        commands=(f'{again(facts)} --override --reason "why"',),
    )


def _closed(facts: Facts) -> str:
    for freeze in facts.gates.freezes:
        starts, ends = freeze_bounds(freeze)
        if starts <= facts.now < ends:
            why = f" ({freeze.why})" if freeze.why else ""
            return f"`{facts.environment}` is frozen until {_moment(ends, freeze.zone)}{why}"
    windows = facts.gates.windows
    if not windows or any(_inside(window, facts.now) for window in windows):
        return ""
    named = "; ".join(f"{w.days} {w.hours} {w.zone}" for w in windows)
    return f"`{facts.environment}` takes deployments only within: {named}"


def _inside(window: Window, now: datetime) -> bool:
    """Tell whether a moment lies in a window that began today or yesterday, by the wall clock."""
    local = now.astimezone(ZoneInfo(window.zone))
    opens, closes = window_hours(window)
    minute = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    days = window_days(window)
    today, yesterday = DAYS[local.weekday()], DAYS[(local - _DAY).weekday()]
    if closes > opens:
        return today in days and opens <= minute < closes
    return (today in days and minute >= opens) or (yesterday in days and minute < closes)


def _moment(at: datetime, zone: str) -> str:
    return f"{at:%Y-%m-%d %H:%M} {zone}"
