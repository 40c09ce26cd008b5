"""A command as one would type it, so that every answer can be pasted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.command.words import Approve, Command, Deploy, Help, Lock, Plan, Rollback

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def written(command: Command) -> str:
    """Return the line that reads as this command."""
    words = filter(None, (f"/{type(command).__name__.lower()}", *_words(command)))
    return " ".join(words)


def _words(command: Command) -> tuple[str, ...]:  # noqa: PLR0911  # one per kind of line
    match command:
        case Deploy():
            return (*_target(command), *_options(command))
        case Plan(deploy=deploy):
            return (*_target(deploy), *_options(deploy))
        case Lock():
            length = f"--for {duration(command.length)}" if command.length else ""
            return (command.environment, length, f'"{command.reason}"')
        case Rollback():
            return (command.environment, f"to {command.ref}" if command.ref else "")
        case Approve():
            return (command.environment, command.ref)
        case Help():
            return ()
        case _:
            return (command.environment,)


def duration(length: timedelta) -> str:
    """Return a length as it is typed: `3d`, `2h` or `90m`."""
    for unit, letter in ((_DAY, "d"), (_HOUR, "h")):
        if not length % unit:
            return f"{length // unit}{letter}"
    return f"{length // _MINUTE}m"


def _target(deploy: Deploy) -> tuple[str, ...]:
    return (deploy.environment, *deploy.services, *deploy.words, deploy.ref)


def _options(deploy: Deploy) -> Iterator[str]:
    yield "--now" if deploy.now else ""
    yield "--retry" if deploy.retry else ""
    yield f"--replace #{deploy.replace}" if deploy.replace else ""
    yield "--override" if deploy.override else ""
    yield f'--reason "{deploy.reason}"' if deploy.reason else ""
