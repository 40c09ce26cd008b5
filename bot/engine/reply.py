"""Bring a comment's one reply up to date, once each of its lines has something to say.

The lines are decided one by one, by whoever comes first; the reply is what they say together. Its
ids are kept with the first line, under that line's lease, and it is looked at again whenever
another line has changed meanwhile.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from bot.core.model import Ask, AskKind, AskState
from bot.core.report import answers, releases
from bot.core.report.reply import Reply, reply
from bot.engine.observe import back_off
from bot.ports import Broken, Gone, Transient, World, Write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.github import CheckRun

LEASE = timedelta(seconds=30)
"""After a crash the next try waits at most so long. Whoever overruns it notices at the next write
and stops, so that nothing is said twice."""
CLOCKS_APART = timedelta(minutes=1)
"""GitHub's clock and ours may differ by so much when we look for a comment of ours."""
GIVE_UP = timedelta(hours=24)

log = structlog.get_logger()


def tell_reply(world: World, key: str) -> None:
    """Say what is not yet said to the comment that this ask belongs to."""
    asked = world.store.get(Ask, key)
    first = _claimed(world, asked[0].first_key) if asked else None
    try:
        while first is not None:
            lines = _lines(world, first)
            wanted = reply([line for line, _ in lines])
            if wanted is not None:
                first = _say(world, first, wanted)
            first = _at_rest(world, first, lines)
    except (Transient, Broken) as trouble:
        log.warning("reply", ask=key, trouble=str(trouble))
        _put_off(world, first, trouble)


def keep(world: World, held: Ask, changed: Ask) -> Ask:
    """Store a change as long as the lease is ours, which no two claims have alike.

    The tick moves `wake_at` of an ask that is being answered; that takes no lease away.
    """
    while (found := world.store.get(Ask, held.key)) is not None:
        if found[0].lease_until != held.lease_until:
            break
        if world.store.commit(Write(changed, found[1])):
            return changed
    what = "somebody else answers this ask by now"
    raise Transient(what)


def show_reaction(world: World, ask: Ask, content: str) -> None:
    """React to the comment where that is let: a kindness, which holds nothing up."""
    try:
        world.voice.react(ask.repository, ask.comment_id or 0, content)
    except Gone:
        raise
    except Broken as trouble:
        log.warning("reaction", ask=ask.key, trouble=str(trouble))


def rest(ask: Ask) -> datetime | None:
    """Return when an ask is to be looked at again once all is said about it."""
    return ask.wake_at if ask.state is AskState.NEW else ask.remind_at


def _claimed(world: World, key: str) -> Ask | None:
    """Return the first line with a lease on it, or None when nothing is to be said."""
    found = world.store.get(Ask, key)
    if found is None or found[0].wake_at is None:
        return None
    first, version = found
    now = world.clock()
    still_open = first.state is AskState.NEW and not first.said
    if still_open or (first.lease_until is not None and first.lease_until > now):
        return None
    claimed = replace(first, lease_until=now + LEASE)
    return claimed if world.store.commit(Write(claimed, version)) else None


def _lines(world: World, first: Ask) -> Sequence[tuple[Ask, int]]:
    stem = first.key.rpartition("/")[0]
    keys = [first.key, *(f"{stem}/{line}" for line in range(1, first.lines))]
    return [found for key in keys if (found := world.store.get(Ask, key)) is not None]


def _at_rest(world: World, first: Ask, lines: Sequence[tuple[Ask, int]]) -> Ask | None:
    """Give the lease back if every other line still is as it was told; else return the first."""
    found = world.store.get(Ask, first.key)
    if found is None or found[0].lease_until != first.lease_until:
        return None
    quiet = Write(replace(first, wake_at=rest(first), lease_until=None, attempts=0), found[1])
    others = (Write(line, version) for line, version in lines[1:])
    return None if world.store.commit(quiet, *others) else first


def _say(world: World, first: Ask, wanted: Reply) -> Ask:
    """Make or change the reply, then the reaction; each id is stored at once.

    What was asked on the command line is read from the record by whoever asked.
    """
    if first.kind is AskKind.CLI:
        return first
    said = hashlib.sha256(wanted.body.encode()).hexdigest()[:16] if wanted.body else ""
    if said != first.reply_hash:
        first = _replied(world, first, wanted.body)
        first = keep(world, first, replace(first, reply_hash=said))
    if wanted.reaction != first.reaction and first.kind is AskKind.COMMENT and first.comment_id:
        show_reaction(world, first, wanted.reaction)
        first = keep(world, first, replace(first, reaction=wanted.reaction))
    return first


def _replied(world: World, first: Ask, body: str) -> Ask:
    number = first.number
    if number is None:
        return _replied_on_commit(world, first, body)
    voice, repository = world.voice, first.repository
    if first.replying and not first.reply:
        since = first.created_at - CLOCKS_APART
        marker = answers.marker(first)
        there = voice.find_comment(repository, number, marker, since)
        first = keep(world, first, replace(first, reply=there))
    if first.reply:
        voice.edit_comment(repository, first.reply, body)
        return first
    first = keep(world, first, replace(first, replying=True))
    try:
        made = voice.comment(repository, number, body)
    except Gone:
        raise
    except Broken as trouble:
        log.warning("reply", ask=first.key, trouble=str(trouble))
        return _replied_aside(world, first, body, trouble)
    return keep(world, first, replace(first, reply=made))


def _replied_aside(world: World, first: Ask, body: str, trouble: Broken) -> Ask:
    """Answer at the head of a pull request that takes no comment of ours, such as a locked one."""
    pull = world.github.pull_request(first.repository, first.number or 0)
    if pull is None:
        raise trouble
    wanted = answers.aside(replace(first, sha=pull.head_sha), body, world.clock())
    if there := world.voice.find_check_run(first.repository, wanted):
        world.voice.edit_check_run(first.repository, there, wanted)
    else:
        world.voice.create_check_run(first.repository, wanted)
    return first


def _replied_on_commit(world: World, first: Ask, body: str) -> Ask:
    """Answer what no pull request brought where its author looks: at the commit."""
    if not (first.sha or first.ref):
        return first
    wanted = _on_commit(first, body, world.clock())
    if first.replying and world.voice.find_check_run(first.repository, wanted):
        return first
    first = keep(world, first, replace(first, replying=True))
    made = world.voice.create_check_run(first.repository, wanted)
    return keep(world, first, replace(first, reply=made))


def _on_commit(first: Ask, body: str, now: datetime) -> CheckRun:
    if first.kind is AskKind.TAG:
        good = first.state is AskState.ANSWERED
        return releases.check_run(first, body, now, good=good)
    at = replace(first, sha=first.sha or first.ref)
    return answers.refused_push(at, body, now)


def _put_off(world: World, first: Ask | None, trouble: Transient | Broken) -> None:
    """Try again later, for a day; what can never be said is left at that."""
    found = world.store.get(Ask, first.key) if first else None
    if first is None or found is None or found[0].lease_until != first.lease_until:
        return
    asked = trouble.retry_after if isinstance(trouble, Transient) else None
    pause = max(back_off(first.attempts), timedelta(seconds=asked or 0))
    now = world.clock()
    again = rest(first) if now - first.created_at > GIVE_UP else now + pause
    later = replace(found[0], attempts=first.attempts + 1, wake_at=again, lease_until=None)
    world.store.commit(Write(later, found[1]))
