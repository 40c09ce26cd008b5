"""What the gates say together: what refuses, what is only waited for, what is worth a note."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from bot.core.model import Refusal
from bot.core.reasons import Reason


class Awaited(Struct, frozen=True, kw_only=True):
    """Something that is not so yet and may become so by itself, or by somebody else."""

    code: Reason
    reason: str
    until: datetime
    """When waiting for it ends."""
    commands: tuple[str, ...] = ()
    """What somebody may type to bring it about."""
    checks: tuple[str, ...] = ()
    """The names of the checks that it is about."""


class Note(Struct, frozen=True):
    """Something that people should know and that stops nothing."""

    text: str


Finding = Refusal | Awaited | Note


class Judgement(Struct, frozen=True, kw_only=True):
    """Every finding of every gate; without refusals and waits the deployment may start."""

    refusals: tuple[Refusal, ...] = ()
    awaited: tuple[Awaited, ...] = ()
    notes: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    """The names of the gates that found nothing."""

    @property
    def waits(self) -> tuple[Refusal, ...]:
        """Return what is awaited as what still stands against it."""
        return tuple(
            Refusal(code=one.code, reason=one.reason, commands=one.commands) for one in self.awaited
        )

    @property
    def everything(self) -> tuple[Refusal, ...]:
        """Return what is awaited among the refusals, for somebody who has to do both."""
        return (*self.refusals, *self.waits)
