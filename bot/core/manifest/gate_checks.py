"""What each key of `gates` may hold, and which of them must agree with each other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from bot.core.gates import Freeze, Gates, Window, freeze_bounds, window_days, window_hours
from bot.core.manifest.durations import show_duration
from bot.core.manifest.located import shown
from bot.core.manifest.rules import Check, Finding, between, both, each, holds, shaped
from bot.core.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_LISTED = 50
LONGEST_WHY = 200
OURS = "deploy /"
"""What the names of our own check runs begin with."""


def _readable(read: Callable[[Any], object], message: str) -> Check:
    """Demand that this reads the value without a ValueError."""

    def check(value: Any) -> Iterable[Finding]:  # noqa: ANN401  # whatever the reader takes
        try:
            read(value)
        except ValueError:
            yield (), message

    return check


def _zone(name: str) -> Iterable[Finding]:
    if name not in available_timezones():
        meant = closest(name.lower(), {zone.lower() for zone in available_timezones()})
        known = next((z for z in available_timezones() if z.lower() == meant), "Asia/Seoul")
        yield (), f"`{shown(name)}` is no time zone; did you mean `{known}`?"


def _length(shortest: timedelta, longest: timedelta) -> Check:
    said = f"must be {show_duration(shortest)} to {show_duration(longest)}"
    return holds(lambda length: shortest <= length <= longest, said)


def _not_ours(name: str) -> Iterable[Finding]:
    if name.startswith(OURS):
        yield (), f"`{shown(name)}` is our own check, which would wait for itself"


def _bounded(names: tuple[str, ...] | str) -> Iterable[Finding]:
    if len(names) > MOST_LISTED and not isinstance(names, str):
        yield (), f"holds more than {MOST_LISTED}"
    if not names:
        yield (), "is empty; leave it out, or name what it is about"


def _named_checks(names: tuple[str, ...] | str) -> Iterable[Finding]:
    if not isinstance(names, str):
        yield from both(_bounded, each(both(_CHECK_NAME, _not_ours)))(names)


def _gates(gates: Gates) -> Iterable[Finding]:
    """Find keys that would do nothing beside the others."""
    if gates.checks is None:
        if gates.when_green == "wait":
            yield ("when_green",), "waits for nothing: set `checks` too"
        if gates.ignored_checks:
            yield ("ignored_checks",), "leaves out nothing: set `checks` too"
    if gates.default_branch_only and gates.forks == "approved":
        yield ("forks",), "`default_branch_only` keeps every fork out: remove one of the two"


def _freeze(freeze: Freeze) -> Iterable[Finding]:
    starts, ends = freeze_bounds(freeze)
    if ends <= starts:
        yield ("ends",), f"{freeze.ends} is before it starts, {freeze.starts}"


_CHECK_NAME = shaped(r"[^\s`<>|](?:[^\n\r\t`<>|]{0,98}[^\s`<>|])?", "is no name of a check")
_TEAM = shaped(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[a-z0-9](?:[a-z0-9_-]{0,99})",
    "is no team: write organization/team, as in the team's address",
)
_DAY = _readable(
    lambda text: freeze_bounds(Freeze(starts=text, ends=text)),
    "is no day such as 2026-12-20, nor a minute such as 2026-12-20T18:00",
)

GATES_FIELD_CHECKS: dict[type, dict[str, Check]] = {
    Gates: {
        "teams": both(_bounded, each(_TEAM)),
        "head_age": _length(timedelta(), timedelta(hours=24)),
        "checks": _named_checks,
        "ignored_checks": both(_bounded, each(_CHECK_NAME)),
        "green_within": _length(timedelta(seconds=1), timedelta(hours=24)),
        "approvals": between(0, 10),
        "approval_lasts": _length(timedelta(minutes=1), timedelta(days=7)),
        "windows": _bounded,
        "freezes": _bounded,
    },
    Window: {
        "days": _readable(
            lambda text: window_days(Window(days=text)),
            "must name days, such as mon-fri or mon,wed,sat",
        ),
        "hours": _readable(
            lambda text: window_hours(Window(hours=text)),
            "must be from and to, such as 09:00-17:00 or 22:00-02:00",
        ),
        "zone": _zone,
    },
    Freeze: {
        "starts": _DAY,
        "ends": _DAY,
        "zone": _zone,
        "why": shaped(
            rf"[^\n\r`<>@|\[\]]{{0,{LONGEST_WHY}}}", "must be a line without Markdown or mentions"
        ),
    },
}

GATES_CROSS_CHECKS: dict[type, Callable[[Any], Iterable[Finding]]] = {
    Gates: _gates,
    Freeze: _freeze,
}
