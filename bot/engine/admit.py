"""One ask, from stored to decided: gather what the gates look at, decide, enqueue or refuse.

What is said about it is stored with it; its comment's one reply follows from that.

Next: bot/engine/answer.py
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

import structlog
from msgspec.structs import replace

from bot.core import events
from bot.core.model import Ask, AskKind, AskState
from bot.core.reasons import Reason
from bot.core.report import answers, waiting
from bot.engine.answer import answer
from bot.engine.asked import never_followed, out_of_patience
from bot.engine.found import Accept, Answer, Found, Ignore, Later, Mark, Refuse, Split, Wait
from bot.engine.hearing import heard, unheard
from bot.engine.lines import before_it, first_looked_at
from bot.engine.noting import closed, let_go, marked, noted_on_commit, taken_over
from bot.engine.observe import back_off
from bot.engine.placing import placed, placed_first
from bot.engine.remind import remind
from bot.engine.reply import LEASE, keep, rest, tell_reply
from bot.engine.waiting import await_checks, forget, look_again, next_look
from bot.ports import Broken, Gone, Transient, World, Write

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.deployment import Deployment

PATIENCE = timedelta(seconds=2)
"""Longer waits are left to the tick."""
NOBODYS = frozenset({AskKind.HEAD, AskKind.GROUP})
"""Nobody waits for a word about these; a check that never came keeps the merge closed."""

AWAY = 300.0
"""Seconds until a repository that is lost to us is looked for again: it may have been a moment."""
RACES = 5
"""So often in a row an ask that lost a race is tried again without waiting for the tick."""

log = structlog.get_logger()


def admit(world: World, key: str) -> tuple[str, ...]:
    """Answer an ask, unless that was done or is being done; trouble only puts it off.

    Return the keys of the environments in which there is something to do now.
    """
    ask = _claimed(world, key)
    places = _decide(world, ask) if ask is not None else ()
    tell_reply(world, key)
    remind(world, key)
    look_again(world, key)
    return (*places, *_below(world, ask)) if ask is not None else places


def _below(world: World, ask: Ask) -> tuple[str, ...]:
    """Go on with the line below, which may wait for this one, once this one holds nobody up."""
    line = ask.line + 1
    below = replace(ask, line=line, key=f"{ask.key.rpartition('/')[0]}/{line}")
    if line >= ask.lines or before_it(world, below) is not None:
        return ()
    return admit(world, below.key)


def _decide(world: World, ask: Ask) -> tuple[str, ...]:
    try:
        held_up = before_it(world, ask) or unheard(world, ask)
        if held_up is None:
            ask = heard(world, ask)
        elif isinstance(held_up, Ignore):
            ask = replace(ask, heard=False)
        decided = held_up or answer(world, ask)
        log.info("ask", ask=ask.key, text=ask.text, answer=type(decided).__name__)
        return _follow(world, ask, decided)
    except (Transient, Gone) as trouble:
        if not _given_up(world, ask, trouble):
            _put_off(world, ask, trouble)
    except Exception as trouble:
        log.exception("ask", ask=ask.key, trouble=str(trouble))
        if ask.kind in NOBODYS:
            _end(world, ask, Ignore())
            return ()
        _end(world, ask, Refuse(answers.broken(ask), (Reason.INTERNAL,)))
    return ()


def _follow(world: World, ask: Ask, decided: Found) -> tuple[str, ...]:
    match decided:
        case Accept(deployments=deployments):
            ask = closed(world, ask)
            _enqueue(world, ask, tuple(taken_over(ask, one) for one in deployments))
            return tuple(deployment.environment_key for deployment in deployments)
        case Answer(look_at=look_at):
            _end(world, ask, decided)
            return (look_at,)
        case Refuse() | Ignore():
            _end(world, let_go(world, ask, decided), decided)
        case Mark(runs=runs):
            _end(world, marked(world, ask, runs), Ignore())
        case Wait():
            _hold(world, ask, decided)
        case Split(environments=environments):
            return _parted(world, ask, environments)
        case Later(until=until, said=said):
            _wait(world, ask, said, until)
        case _:
            assert_never(decided)
    return ()


def _claimed(world: World, key: str) -> Ask | None:
    """Return the ask with a lease on it, or None when there is nothing to decide."""
    found = world.store.get(Ask, key)
    if found is None or found[0].state is not AskState.NEW:
        return None
    ask, version = found
    now = world.clock()
    if ask.lease_until is not None and ask.lease_until > now:
        return None
    claimed = replace(ask, lease_until=now + LEASE)
    return claimed if world.store.commit(Write(claimed, version)) else None


def _wait(world: World, ask: Ask, said: str, until: datetime) -> None:
    """Look again then; a short wait is done here, a long one is left to the tick."""
    waiting = replace(ask, said=said, wake_at=until, lease_until=None)
    _commit(world, ask, waiting, ())
    left = until - world.clock()
    short = left <= PATIENCE and not said
    if short:
        world.pause(max(0.0, left.total_seconds()))
    if short or (ask.line and before_it(world, ask) is None):  # decided while we wrote
        world.publisher.publish(events.encode(events.Look(ask=ask.key)), {})


def _hold(world: World, ask: Ask, wait: Wait) -> None:
    """Bind the ask to its commit, say what it waits for, and let it sleep."""
    bound = keep(world, ask, replace(ask, sha=wait.sha))
    await_checks(world, bound, wait)
    noted = noted_on_commit(world, bound, wait)
    said = "" if ask.kind is AskKind.PUSH else waiting.note(ask, wait.sha, wait.awaited)
    until = next_look(wait, world.clock())
    asleep = replace(noted, said=said, wake_at=until, lease_until=None, attempts=0)
    _commit(world, noted, asleep, ())


def _parted(world: World, ask: Ask, environments: tuple[str, ...]) -> tuple[str, ...]:
    """Go on with one ask per environment, each with its own gates."""
    parts = [
        replace(ask, key=f"{ask.key}/{name}", environment=name, lease_until=None)
        for name in environments
    ]
    for part in parts:
        world.store.commit(Write(part, 0))
    _end(world, ask, Ignore())
    return tuple(place for part in parts for place in admit(world, part.key))


def _end(world: World, ask: Ask, decided: Answer | Refuse | Ignore) -> None:
    match decided:
        case Answer():
            told = replace(ask, state=AskState.ANSWERED, said=decided.body)
            told = replace(told, remind_at=decided.remind_at)
            _commit(world, ask, _done(world, told), decided.records)
        case Refuse():
            number = ask.number or decided.number
            told = replace(ask, state=AskState.REFUSED, said=decided.body, number=number)
            _commit(world, ask, _done(world, replace(told, reasons=decided.reasons)), ())
        case Ignore():
            _commit(world, ask, _done(world, replace(ask, state=AskState.ANSWERED)), ())
    forget(world, ask)


def _done(world: World, ask: Ask) -> Ask:
    """Return the decided ask; the first of a comment is looked at until the reply stands."""
    return replace(ask, wake_at=rest(ask) if ask.line else world.clock(), lease_until=None)


def _commit(world: World, held: Ask, changed: Ask, records: tuple[Write, ...]) -> None:
    """Store what was decided in one write, with a wish for a new look at the reply."""
    while True:
        found = world.store.get(Ask, held.key)
        if found is None or found[0].lease_until != held.lease_until:
            what = "somebody else answers this ask by now"
            raise Transient(what)
        writes = (Write(changed, found[1]), *first_looked_at(world, changed), *records)
        if world.store.commit(*writes):
            return
        if records and world.store.get(Ask, held.key) == found:
            what = "what was to be changed was changed by somebody else"
            raise Transient(what, 0)


def _enqueue(world: World, ask: Ask, deployments: tuple[Deployment, ...]) -> None:
    """Store the deployments, their places and the ask's end in one write."""
    while True:
        found = world.store.get(Ask, ask.key)
        if found is None or found[0].state is not AskState.NEW:
            return
        ended = replace(ask, state=AskState.ACCEPTED, deployment=deployments[0].id, said="")
        writes = [Write(_done(world, ended), found[1]), *first_looked_at(world, ask)]
        for deployment in deployments:
            put = placed_first if deployment.restores else placed
            writes += put(world, deployment)
        if world.store.commit(*writes):
            forget(world, ask)
            return


def _given_up(world: World, ask: Ask, trouble: Transient | Gone) -> bool:
    """End what could not be followed for longer than anybody waits for it, and say why."""
    now, found = world.clock(), world.store.get(Ask, ask.key)
    if found is None or not out_of_patience(ask, trouble, now):
        return False
    unheard_of = isinstance(trouble, Gone) or ask.kind in NOBODYS
    decided = Ignore() if unheard_of else never_followed(ask, trouble, now)
    with suppress(Transient, Broken):
        _follow(world, replace(found[0], lease_until=ask.lease_until), decided)
        return True
    return False


def _put_off(world: World, ask: Ask, trouble: Transient | Gone) -> None:
    """Try again later; at once, for some times, where only somebody else's write came between."""
    asked = trouble.retry_after if isinstance(trouble, Transient) else AWAY
    raced = asked == 0 and ask.attempts < RACES
    later = max(back_off(ask.attempts), timedelta(seconds=asked or 0))
    pause = timedelta() if raced else later
    until: datetime = world.clock() + pause
    log.warning("ask", ask=ask.key, trouble=str(trouble), pause=str(pause))
    found = world.store.get(Ask, ask.key)
    if found is not None and found[0].lease_until == ask.lease_until:
        again = replace(found[0], attempts=ask.attempts + 1, wake_at=until, lease_until=None)
        world.store.commit(Write(again, found[1]))
    if raced:
        world.publisher.publish(events.encode(events.Look(ask=ask.key)), {})
