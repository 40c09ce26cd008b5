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
from bot.core.model import Ask, AskState, Environment, Repository
from bot.core.report import terminal
from bot.core.rollout.turn import ENDS
from bot.ports import Publisher, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GLANCE = 0.5
"""Seconds between two looks at the store."""


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


class Desk(Struct, frozen=True):
    """What the command line needs from outside."""

    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    publisher: Publisher
    store: Store
    finder: Finder


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
    event = events.Typed(
        repository=repository,
        id=name,
        actor=wish.actor,
        text=wish.text,
        number=wish.number,
        created_at=desk.clock(),
    )
    desk.publisher.publish(events.encode(event), {})
    return f"{repository.id}/cli/{name}"


def follow(desk: Desk, key: str, patience: timedelta) -> Iterator[Seen]:
    """Yield how far the command is, whenever that has changed, until it is over or time is up."""
    until = desk.clock() + patience
    before = None
    while True:
        seen = _seen(desk, key)
        if seen != before:
            yield seen
        if seen.over or desk.clock() > until:
            return
        before = seen
        desk.pause(GLANCE)


def known_places(
    desk: Desk, repository: str, name: str | None
) -> tuple[list[Environment], dict[str, Deployment]]:
    """Return a repository's environments, and what is on its way there."""
    found = desk.store.environments(desk.finder.repository(repository).id)
    places = [place for place in found if name in {None, place.name}]
    moving = (desk.store.get(Deployment, place.active) for place in places if place.active)
    return places, {one[0].id: one[0] for one in moving if one}


def past_deployments(
    desk: Desk, repository: str, environment: str, limit: int
) -> Sequence[Deployment]:
    """Return an environment's deployments, newest first."""
    return desk.store.history(f"{desk.finder.repository(repository).id}/{environment}", limit)


def lines(before: Seen, seen: Seen) -> Iterator[str]:
    """Yield what is new since the last look, in words."""
    if seen.ask is not None and seen.ask.said and (before.ask is None or not before.ask.said):
        yield terminal.said(seen.ask)
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
