"""The command line at work: a command becomes an ask like a comment's, and is followed live.

Whoever runs it may publish to the topic and read the store, which only operators can. The actor
that they name is judged as if they had written a comment: the same gates, in the consumer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from bot.core import events
from bot.core.deployment import Deployment, Phase
from bot.core.model import Ask, AskState, Repository
from bot.core.report import terminal
from bot.core.rollout.turn import ENDS
from bot.ports import Publisher, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

GLANCE = 0.5
"""Seconds between two looks at the store."""
SOON = timedelta(seconds=15)
"""A consumer that runs has long taken in what was asked for."""


class Exit(IntEnum):
    """What the process ends with; `--help` teaches it."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    STILL_GOING = 4
    UNREACHABLE = 5


class Finder(Protocol):
    """Where a repository's id and installation are found."""

    def repository(self, full_name: str) -> Repository:
        """Return the repository; raise Broken when our App is not installed there."""


class FileReader(Protocol):
    """Where deploy.yaml is read, to know which names are in it."""

    def default_branch(self, repository: Repository) -> str:
        """Return the default branch's name."""

    def file(self, repository: Repository, path: str, sha: str) -> str | None:
        """Return a text file's content, or None when there is no such file."""


class Desk(Struct, frozen=True):
    """What the command line needs from outside."""

    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    publisher: Publisher
    store: Store
    finder: Finder
    files: FileReader


class Wish(Struct, frozen=True, kw_only=True):
    """One command, and who wants it."""

    repository: str
    actor: str
    text: str
    number: int | None


class Seen(Struct, frozen=True):
    """How far a command has come; both are None until the consumer has taken it in."""

    ask: Ask | None = None
    deployment: Deployment | None = None
    late: bool = False
    """Whether nobody has taken it in for suspiciously long."""

    @property
    def over(self) -> bool:
        """Tell whether nothing more will come of it: a watched deployment is out already."""
        if self.ask is None or self.ask.state is AskState.NEW:
            return False
        made = self.deployment
        return not self.ask.deployment or (made is not None and made.phase in {*ENDS, *WATCHED})

    @property
    def exit(self) -> Exit:
        """Return what to end with now."""
        if not self.over:
            return Exit.STILL_GOING
        if self.ask is not None and self.ask.state is AskState.REFUSED:
            return Exit.REFUSED
        good = self.deployment is None or self.deployment.phase in terminal.GOOD
        return Exit.DONE if good else Exit.FAILED


WATCHED = frozenset({Phase.WATCHING})


def ask(desk: Desk, wish: Wish) -> str:
    """Publish a command and return its key; raise Transient or Broken."""
    repository = desk.finder.repository(wish.repository)
    name = secrets.token_hex(8)
    key = f"{repository.id}/cli/{name}"
    desk.store.get(Ask, key)  # nothing is asked for that could not be followed
    event = events.Typed(
        repository=repository,
        id=name,
        actor=wish.actor,
        text=wish.text,
        number=wish.number,
        created_at=desk.clock(),
    )
    desk.publisher.publish(events.encode(event), {})
    return key


def follow(desk: Desk, key: str, patience: timedelta) -> Iterator[Seen]:
    """Yield how far the command is, whenever that has changed, until it is over or time is up."""
    begun, before = desk.clock(), None
    until = begun + patience
    while True:
        seen = _seen(desk, key)
        if seen.ask is None and desk.clock() - begun > SOON:
            seen = Seen(late=True)
        if seen != before:
            yield seen
        if seen.over or desk.clock() > until:
            return
        before = seen
        desk.pause(GLANCE)


def lines(before: Seen, seen: Seen) -> Iterator[str]:
    """Yield what is new since the last look, in words."""
    if seen.ask is not None and seen.ask.said and (before.ask is None or not before.ask.said):
        yield terminal.said(seen.ask)
    if seen.late and not before.late:
        yield "… nobody has taken it in yet: does the consumer run? `python -m bot doctor` looks"
    made, known = seen.deployment, before.deployment
    if made is None:
        return
    for taken in made.steps_taken[len(known.steps_taken) if known else 0 :]:
        yield terminal.step(taken)
    if known is None or terminal.headline(known) != terminal.headline(made):
        yield terminal.headline(made)
    if seen.over:
        yield from terminal.ending(made)


def _seen(desk: Desk, key: str) -> Seen:
    asked = desk.store.get(Ask, key)
    if asked is None:
        return Seen()
    made = desk.store.get(Deployment, asked[0].deployment) if asked[0].deployment else None
    return Seen(asked[0], made[0] if made else None)
