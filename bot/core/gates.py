"""What deploy.yaml may demand of a deployment before it goes to an environment.

These nouns are stored with every deployment; `bot/core/policy/` judges by them, docs/gates.md
tells people about them.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_RANGE = re.compile(rf"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))?")
_WHOLE_DAY = 10

PRODUCTION = frozenset({"prod", "production"})


def is_production(environment: str) -> bool:
    """Tell whether an environment is production by its name, such as prod or prod-eu."""
    return environment in PRODUCTION or environment.startswith(("prod-", "production-"))


class Window(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A stretch of the week in which deployments may start."""

    days: str = "mon-sun"
    """Days or ranges of days, such as `mon-fri` or `mon,wed,fri-sun`."""
    hours: str = "00:00-24:00"
    """From and to; `22:00-02:00` reaches into the day after."""
    zone: str = "UTC"
    """An IANA name, such as Asia/Seoul."""


class Freeze(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Days on which nothing may start."""

    starts: str
    """The first day, such as 2026-12-20, or a minute of it: 2026-12-20T18:00."""
    ends: str
    """The last day, which is frozen too, or the minute at which it ends."""
    zone: str = "UTC"
    why: str = ""


class Gates(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who may deploy what here, and when."""

    permission: Literal["read", "triage", "write", "maintain", "admin"] = "write"
    teams: tuple[str, ...] = ()
    """`organization/team`; a member of any of them may deploy, whatever their permission."""
    base: Literal["default", "any"] = "default"
    """Which branch a pull request must go to."""
    drafts: Literal["deny", "allow"] = "deny"
    forks: Literal["deny", "approved"] = "deny"
    default_branch_only: bool = False
    """Whether only commits of the default branch may go here."""
    head_age: timedelta = timedelta()
    """How long a head must have been known before it is deployed without being named."""
    checks: Literal["required", "all"] | tuple[str, ...] | None = None
    ignored_checks: tuple[str, ...] = ()
    when_green: Literal["refuse", "wait"] = "refuse"
    """What a `/deploy` does while checks are running; a push always waits."""
    green_within: timedelta = timedelta(minutes=30)
    """How long it waits."""
    approvals: int = 0
    """How many reviewers must have approved exactly this commit."""
    up_to_date: Literal["off", "warn", "require"] = "off"
    contains_live: bool | None = None
    """Whether what runs here must be part of what is deployed; unset: in production."""
    after: str = ""
    """The environment in which the same images and settings must have succeeded."""
    two_person: bool = False
    """Whether somebody other than who asks must `/approve`."""
    approval_lasts: timedelta = timedelta(hours=4)
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()


def demands_live(environment: str, gates: Gates) -> bool:
    """Tell whether an environment protects what runs in it: production does unless told not to."""
    wanted = gates.contains_live
    return is_production(environment) if wanted is None else wanted


def window_days(window: Window) -> frozenset[str]:
    """Return the days that a window names; raise ValueError for what names none."""
    named: set[str] = set()
    for part in window.days.split(","):
        found = _RANGE.fullmatch(part.strip())
        if found is None:
            raise ValueError(part)
        first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
        named.update(DAYS[(first + step) % 7] for step in range((last - first) % 7 + 1))
    return frozenset(named)


def window_hours(window: Window) -> tuple[timedelta, timedelta]:
    """Return from and to, as time since midnight; raise ValueError for what is none."""
    found = _HOURS.fullmatch(window.hours)
    if found is None:
        raise ValueError(window.hours)
    opens, closes = (timedelta(hours=int(found[n]), minutes=int(found[n + 1])) for n in (1, 3))
    if max(opens, closes) > _DAY or opens == closes:
        raise ValueError(window.hours)
    return opens, closes


def freeze_bounds(freeze: Freeze) -> tuple[datetime, datetime]:
    """Return the first frozen moment, and the first that is free again; raise ValueError."""
    zone = ZoneInfo(freeze.zone)
    starts = datetime.fromisoformat(freeze.starts)
    ends = datetime.fromisoformat(freeze.ends)
    if starts.tzinfo or ends.tzinfo:
        raise ValueError(freeze.starts)
    if len(freeze.ends) == _WHOLE_DAY:
        ends += _DAY
    return starts.replace(tzinfo=zone), ends.replace(tzinfo=zone)
