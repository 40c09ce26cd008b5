"""Who waits for their gates, and who has given a second person's word: two records."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

WHICHEVER = ""
"""Stands for every check's name."""


class Approval(Struct, frozen=True, kw_only=True):
    """A second person's word."""

    by: str
    at: datetime


class Approvals(Struct, frozen=True, kw_only=True):
    """Who has approved one commit for one environment; each word lasts for a while only."""

    key: str
    """`<repository id>/<environment>/<full SHA>`."""
    given: tuple[Approval, ...] = ()


class WaitingAsk(Struct, frozen=True, kw_only=True):
    """An ask that waits for its gates."""

    ask: str
    environment: str
    sha: str
    number: int | None
    actor: str
    since: datetime
    checks: tuple[str, ...] = ()
    """The names of the checks that it waits for."""
    woken: bool = False
    """Whether what it waits for may have come about: somebody has to look."""


class Waiting(Struct, frozen=True, kw_only=True):
    """Every ask of a repository that waits for its gates: where a delivery finds whom to wake."""

    key: str
    """`<repository id>`."""
    asks: tuple[WaitingAsk, ...] = ()


def reported(one: WaitingAsk, check: str, *, passed: bool) -> WaitingAsk:
    """Return the ask after a check came to an end: the last one wakes it, or one that failed."""
    if check not in one.checks and WHICHEVER not in {check, *one.checks}:
        return one
    left = tuple(name for name in one.checks if name != check)
    if passed and left and WHICHEVER not in {check, *left}:
        return replace(one, checks=left)
    return replace(one, woken=True)


def expecting(
    asks: tuple[WaitingAsk, ...], new: WaitingAsk, *, again: bool = False
) -> tuple[WaitingAsk, ...]:
    """Return what waits, with one that is looked at from now on; it keeps since when it waits.

    Where that look has begun before, it also keeps that somebody woke it.
    """
    before = next((one for one in asks if one.ask == new.ask), new)
    others = (one for one in asks if one.ask != new.ask)
    return (*others, replace(new, since=before.since, woken=again and before.woken))
