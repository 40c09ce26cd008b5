"""What may come of an ask."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bot.core.deployment import Deployment
from bot.core.github import CheckRun
from bot.core.policy import Awaited
from bot.core.reasons import Reason
from bot.ports import Write


class Accept(Struct, frozen=True):
    """These deployments go to their environments' queues."""

    deployments: tuple[Deployment, ...]


class Refuse(Struct, frozen=True):
    """Nothing is done, and this says why; the answer's marker is put in front of it elsewhere."""

    body: str
    reasons: tuple[Reason, ...]
    number: int | None = None
    """The pull request to say it on, where the ask has none of its own."""


class Answer(Struct, frozen=True, kw_only=True):
    """A question's answer, or what is done at once: the records are written with the ask's end.

    When one of them changed since it was read, the answer is looked for again.
    """

    body: str
    records: tuple[Write, ...] = ()
    look_at: str = ""
    """The key of the environment in which there is something to do now."""
    remind_at: datetime | None = None


class Later(Struct, frozen=True):
    """Something that is about to arrive is awaited."""

    until: datetime
    said: str = ""
    """What people read meanwhile; empty for waits too short to be told."""


class Wait(Struct, frozen=True, kw_only=True):
    """It may go ahead once these come about; the ask is bound to this commit until then."""

    environment: str
    sha: str
    number: int | None
    asker: str
    """Whose own word counts for nothing."""
    awaited: tuple[Awaited, ...]


class Split(Struct, frozen=True):
    """A push goes on as one ask per environment, whose gates say different things."""

    environments: tuple[str, ...]


class Mark(Struct, frozen=True):
    """These check runs are to stand, each made once."""

    runs: tuple[CheckRun, ...]


class Ignore(Struct, frozen=True):
    """It concerns nobody."""


Found = Accept | Answer | Refuse | Later | Wait | Split | Mark | Ignore
