"""What may come of an ask."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bot.core.deployment import Deployment
from bot.core.reasons import Reason


class Accept(Struct, frozen=True):
    """These deployments go to their environments' queues."""

    deployments: tuple[Deployment, ...]


class Refuse(Struct, frozen=True):
    """Nothing is done, and this says why; the answer's marker is put in front of it elsewhere."""

    body: str
    reasons: tuple[Reason, ...]
    number: int | None = None
    """The pull request to say it on, where the ask has none of its own."""


class Answer(Struct, frozen=True):
    """A question's answer, or what was done at once; without the marker too."""

    body: str


class Later(Struct, frozen=True):
    """Something that is about to arrive is awaited."""

    until: datetime


class Ignore(Struct, frozen=True):
    """It concerns nobody."""


Found = Accept | Answer | Refuse | Later | Ignore
