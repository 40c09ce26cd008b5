"""What people have said about a deployment on its way: nouns that its record keeps."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Verb(StrEnum):
    """What people can do to a deployment."""

    PROMOTE = "promote"
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"


class Control(Struct, frozen=True, kw_only=True):
    """One such wish; whoever has it may have it."""

    verb: Verb
    by: str


class Pause(Struct, frozen=True, kw_only=True):
    """No further step is taken until somebody resumes, at the latest until then."""

    by: str
    since: datetime
    until: datetime


class Promotion(Struct, frozen=True, kw_only=True):
    """Somebody wants to go on from exactly this share of this level."""

    by: str
    level: int
    share: int
