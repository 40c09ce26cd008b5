"""What the gates let a deployment go by, kept with it for when its turn comes."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Standing(Struct, frozen=True, kw_only=True):
    """What the gates let it go by: enough to judge again when its turn comes."""

    branch: str
    """The default branch."""
    typed: str = ""
    """What was typed for the commit; empty for the head."""
    on_default_branch: bool = False
    pushed: bool = False
    first_seen: datetime | None = None
    asked_at: datetime
    judged_at: datetime
    live: str = ""
    """What ran when it was judged."""
    override: bool = False
    why: str = ""
    replaces: int | None = None
    own_checks: tuple[str, ...] = ()
    """Names of the check runs that we make in this repository."""
