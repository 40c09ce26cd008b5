"""From events to what is asked for, under the key by which it is stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from bot.core import events
from bot.core.deployment import Deployment, Phase
from bot.core.environment import pressed
from bot.core.model import Ask, AskKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.ports import World


Asking = (
    events.CommentCreated
    | events.Pushed
    | events.ReleaseTagged
    | events.Typed
    | events.ButtonPressed
    | events.CheckPressed
)
MOST_LOOKED_AT = 100
"""Deployments of an environment among which a commit's own is looked for."""
ENDED_BADLY = frozenset({Phase.FAILED, Phase.ROLLED_BACK, Phase.ABORTED})


def wanted(world: World, event: Asking) -> Iterable[Ask]:
    """Return what somebody wants by an event."""
    now = world.clock()
    match event:
        case events.CommentCreated():
            return _of_comment(event, now)
        case events.Pushed():
            return (_of_push(event, now),)
        case events.ReleaseTagged():
            return (_of_tag(event, now),)
        case events.Typed():
            return (_typed(event, now),)
        case events.ButtonPressed():
            return _of_button(world, event)
        case events.CheckPressed():
            return _of_rerun(world, event)
        case _:
            assert_never(event)


def _of_comment(event: events.CommentCreated, now: datetime) -> Iterable[Ask]:
    for line, text in enumerate(event.lines):
        yield Ask(
            key=f"{event.repository.id}/{event.comment_id}/{line}",
            kind=AskKind.COMMENT,
            repository=event.repository,
            actor=event.actor,
            text=text,
            number=event.number,
            comment_id=event.comment_id,
            line=line,
            lines=len(event.lines),
            created_at=event.created_at,
            wake_at=now,
        )


def _of_push(event: events.Pushed, now: datetime) -> Ask:
    return Ask(
        key=f"{event.repository.id}/push/{event.delivery}",
        kind=AskKind.PUSH,
        repository=event.repository,
        actor=event.actor,
        ref=event.branch,
        sha=event.sha,
        default_branch=event.default_branch,
        created_at=event.received_at,
        wake_at=now,
    )


def _typed(event: events.Typed, now: datetime) -> Ask:
    return Ask(
        key=f"{event.repository.id}/cli/{event.id}",
        kind=AskKind.CLI,
        repository=event.repository,
        actor=event.actor,
        text=event.text,
        number=event.number,
        created_at=event.created_at,
        wake_at=now,
    )


def _of_tag(event: events.ReleaseTagged, now: datetime) -> Ask:
    return Ask(
        key=f"{event.repository.id}/tag/{event.delivery}",
        kind=AskKind.TAG,
        repository=event.repository,
        actor=event.actor,
        ref=event.name,
        sha=event.sha,
        created_at=event.received_at,
        wake_at=now,
    )


def _of_button(world: World, event: events.ButtonPressed) -> Iterable[Ask]:
    """Take a button as the command of its name, typed by whoever pressed it."""
    found = world.store.get(Deployment, event.deployment)
    if found is not None and found[0].repository.id == event.repository.id:
        yield _of_press(world, event, (found[0], event.verb))


def _of_rerun(world: World, event: events.CheckPressed) -> Iterable[Ask]:
    """Take a wish for checks to run again as a `/deploy` of that commit, by whoever wants it.

    Of all that a commit has, only what did not succeed is deployed again: by now something newer
    may run where it did.
    """
    if event.environment:
        yield _of_check(world, event)
        return
    for place in world.store.environments(event.repository.id):
        made = world.store.history(place.key, MOST_LOOKED_AT)
        own = (one for one in made if one.sha == event.sha and not one.restores)
        newest = next((one for one in own if one.created_at < event.received_at), None)
        if newest is not None and newest.phase in ENDED_BADLY:
            again = _of_press(world, event, (newest, "deploy"))
            yield replace(again, key=f"{again.key}/{newest.id}")


def _of_check(world: World, event: events.CheckPressed) -> Ask:
    return Ask(
        key=f"{event.repository.id}/button/{event.delivery}",
        kind=AskKind.BUTTON,
        repository=event.repository,
        actor=event.actor,
        text=f"/{event.verb} {event.environment} {event.sha}",
        number=event.number,
        ref=event.sha,
        created_at=event.received_at,
        wake_at=world.clock(),
    )


def _of_press(
    world: World, event: events.ButtonPressed | events.CheckPressed, on: tuple[Deployment, str]
) -> Ask:
    told, verb = on
    return Ask(
        key=f"{event.repository.id}/button/{event.delivery}",
        kind=AskKind.BUTTON,
        repository=event.repository,
        actor=event.actor,
        text=pressed(told, verb),
        number=told.number,
        ref=told.sha,
        pressed_on=told.id,
        created_at=event.received_at,
        wake_at=world.clock(),
    )


def of_head(event: events.HeadSeen | events.GroupFormed, kind: AskKind) -> Ask:
    """Return the wish that nobody typed: a check on a commit before it is merged."""
    return Ask(
        key=f"{event.repository.id}/{kind.value}/{event.number}/{event.sha}",
        kind=kind,
        repository=event.repository,
        actor=event.by if isinstance(event, events.HeadSeen) else "",
        number=event.number,
        ref=event.branch,
        sha=event.sha,
        created_at=event.received_at,
        wake_at=event.received_at,
    )
