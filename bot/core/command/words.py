"""What people can ask for, and how they would type it."""

from __future__ import annotations

from msgspec import Struct

USAGE = {
    "deploy": "/deploy <environment> [service…] [sha|main]",
    "status": "/status [environment]",
    "help": "/help",
}


class Deploy(Struct, frozen=True, kw_only=True):
    """Put a commit into an environment.

    `parse` leaves what it cannot know in `words`; `resolve_words` turns them into `services` and
    `ref`.
    """

    environment: str
    services: tuple[str, ...] = ()
    """Empty means all."""
    ref: str = ""
    """A commit of 7 to 40 lower-case hex digits, or the default branch; empty means the head."""
    words: tuple[str, ...] = ()
    """What stood between environment and commit: services, or the default branch at the end."""


class Status(Struct, frozen=True, kw_only=True):
    """Say what an environment runs; every environment when none is named."""

    environment: str = ""


class Help(Struct, frozen=True):
    """List the commands and what they would do here."""


class Unreadable(Struct, frozen=True, kw_only=True):
    """A line meant for us that cannot be followed, and what to type instead."""

    line: str
    code: str
    problem: str
    """One sentence, safe to show: it repeats allow-listed words only."""
    suggestion: str = ""
    """The exact line to paste; empty when it cannot be guessed."""


Command = Deploy | Status | Help


def written(command: Command) -> str:
    """Return the command as one would type it."""
    match command:
        case Deploy():
            named = (*command.services, *command.words, command.ref)
            return " ".join(filter(None, ("/deploy", command.environment, *named)))
        case Status():
            return f"/status {command.environment}".strip()
        case Help():
            return "/help"
