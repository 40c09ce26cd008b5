"""The one reply to a comment: what came of each of its lines, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core.model import AskKind, AskState
from bot.core.report.answers import marker
from bot.core.report.machine import json_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.model import Ask


class Reply(Struct, frozen=True):
    """What should stand on GitHub."""

    body: str
    """Empty where there is nothing to say: a deployment speaks for itself."""
    reaction: str
    """On the comment; empty while something is open, or a deployment will react at its end."""


def reply(lines: Sequence[Ask]) -> Reply | None:
    """Return the reply, or None while a line has nothing to say yet, or where none was heard."""
    if all(line.heard is False for line in lines):
        return None
    if any(line.state is AskState.NEW and not line.said for line in lines):
        return None
    return Reply(_body(lines), _reaction(lines))


def _body(lines: Sequence[Ask]) -> str:
    told = [line.said for line in lines if line.said and not _shows(line)]
    if not told:
        return ""
    return "\n".join((marker(lines[0]), "\n\n---\n\n".join(told), "", json_block(_machine(lines))))


def _shows(line: Ask) -> bool:
    """Tell whether its check run and comment show what came of it: a button that worked."""
    return line.kind is AskKind.BUTTON and line.state is AskState.ANSWERED


def _reaction(lines: Sequence[Ask]) -> str:
    states = {line.state for line in lines}
    if AskState.REFUSED in states:
        return "-1"
    return "rocket" if states == {AskState.ANSWERED} else ""


def _machine(lines: Sequence[Ask]) -> dict[str, object]:
    said = [
        {"command": line.text, "state": line.state.value, "reasons": list(line.reasons)}
        for line in lines
    ]
    return {"kind": "reply", "lines": said}
