"""Who waits for their gates, and who has given a second person's word: two records."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


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


class Waiting(Struct, frozen=True, kw_only=True):
    """Every ask of a repository that waits for its gates: where a delivery finds whom to wake."""

    key: str
    """`<repository id>`."""
    asks: tuple[WaitingAsk, ...] = ()
