"""One ask, from stored to answered: gather what the gates look at, decide, enqueue or refuse.

Next: bot/engine/answer.py
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from bot.core import events
from bot.core.deployment import Deployment
from bot.core.environment import enqueued
from bot.core.model import Ask, AskKind, AskState, Environment
from bot.core.report import answers, releases
from bot.engine.answer import answer
from bot.engine.found import Accept, Answer, Found, Ignore, Later, Refuse
from bot.engine.observe import back_off
from bot.ports import Broken, Transient, World, Write

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.github import CheckRun

LEASE = timedelta(seconds=30)
"""After a crash the next try waits at most so long. Whoever overruns it notices at the next write
and stops, so that nothing is said twice."""

PATIENCE = timedelta(seconds=2)
"""Longer waits are left to the tick."""

log = structlog.get_logger()


def admit(world: World, key: str) -> tuple[str, ...]:
    """Answer an ask, unless that was done or is being done; trouble only puts it off.

    Return the keys of the environments in which there is something to do now.
    """
    ask = _claimed(world, key)
    if ask is None:
        return ()
    try:
        if ask.comment_id is not None and not ask.acknowledged:
            world.voice.react(ask.repository, ask.comment_id, "eyes")
            ask = _keep(world, ask, replace(ask, acknowledged=True))
        decided = answer(world, ask)
        log.info("ask", ask=ask.key, text=ask.text, answer=type(decided).__name__)
        return _follow(world, ask, decided)
    except Transient as trouble:
        _put_off(world, ask, trouble)
    except Exception as trouble:
        log.exception("ask", ask=ask.key, trouble=str(trouble))
        _apologise(world, ask)
    return ()


def _follow(world: World, ask: Ask, decided: Found) -> tuple[str, ...]:
    match decided:
        case Accept(deployments=deployments):
            _enqueue(world, ask, deployments)
            return tuple(deployment.environment_key for deployment in deployments)
        case Refuse(body=body, number=number):
            _reply(world, replace(ask, number=ask.number or number), body, "-1")
            _end(world, ask, AskState.REFUSED)
        case Answer(body=body):
            _reply(world, ask, body, "rocket")
            _end(world, ask, AskState.ANSWERED)
        case Later(until=until):
            _keep(world, ask, replace(ask, wake_at=until, lease_until=None))
            _wait(world, ask, until)
        case Ignore():
            _end(world, ask, AskState.ANSWERED)
    return ()


def _wait(world: World, ask: Ask, until: datetime) -> None:
    """Wait here for what is about to arrive; a longer wait is left to the tick."""
    left = until - world.clock()
    if left <= PATIENCE:
        world.pause(max(0.0, left.total_seconds()))
        world.publisher.publish(events.encode(events.Look(ask=ask.key)), {})


def _claimed(world: World, key: str) -> Ask | None:
    """Return the ask with a lease on it, or None when there is nothing to do."""
    found = world.store.get(Ask, key)
    if found is None or found[0].state is not AskState.NEW:
        return None
    ask, version = found
    now = world.clock()
    if ask.lease_until is not None and ask.lease_until > now:
        return None
    claimed = replace(ask, lease_until=now + LEASE)
    return claimed if world.store.commit(Write(claimed, version)) else None


def _keep(world: World, held: Ask, changed: Ask) -> Ask:
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


def _end(world: World, held: Ask, state: AskState) -> None:
    _keep(world, held, _done(held, state))


def _done(ask: Ask, state: AskState) -> Ask:
    return replace(ask, state=state, wake_at=None, lease_until=None)


def _enqueue(world: World, ask: Ask, deployments: tuple[Deployment, ...]) -> None:
    """Store the deployments, their places and the ask's end in one write."""
    while True:
        found = world.store.get(Ask, ask.key)
        if found is None or found[0].state is not AskState.NEW:
            return
        ended = replace(_done(ask, AskState.ACCEPTED), deployment=deployments[0].id)
        writes = [Write(ended, found[1])]
        for deployment in deployments:
            writes += _placed(world, deployment)
        if world.store.commit(*writes):
            return


def _placed(world: World, deployment: Deployment) -> tuple[Write, ...]:
    found = world.store.get(Environment, deployment.environment_key)
    empty = Environment(
        key=deployment.environment_key,
        name=deployment.environment,
        repository=deployment.repository,
    )
    environment, version = found or (empty, 0)
    there = world.store.get(Deployment, deployment.id)
    record = () if there else (Write(deployment, 0),)
    return (*record, Write(enqueued(environment, deployment.id), version))


def _reply(world: World, ask: Ask, body: str, reaction: str) -> None:
    """Answer once: an answer of which the outcome is unknown is looked up first."""
    if ask.number is not None:
        since = ask.created_at - timedelta(minutes=1)
        marker = answers.marker(ask)
        said = ask.replying and world.voice.find_comment(ask.repository, ask.number, marker, since)
        if not said:
            _keep(world, ask, replace(ask, replying=True))
            world.voice.comment(ask.repository, ask.number, f"{marker}\n{body}")
    elif ask.kind is AskKind.PUSH:
        _reply_on_commit(world, ask, answers.refused_push(ask, body, world.clock()))
    elif ask.kind is AskKind.TAG:
        good = reaction == "rocket"
        _reply_on_commit(world, ask, releases.check_run(ask, body, world.clock(), good=good))
    if ask.kind is AskKind.COMMENT and ask.comment_id is not None:
        world.voice.react(ask.repository, ask.comment_id, reaction)


def _reply_on_commit(world: World, ask: Ask, wanted: CheckRun) -> None:
    """Answer a push that no pull request brought where its author looks: at the commit."""
    if ask.replying and world.voice.find_check_run(ask.repository, wanted):
        return
    _keep(world, ask, replace(ask, replying=True))
    world.voice.create_check_run(ask.repository, wanted)


def _put_off(world: World, ask: Ask, trouble: Transient) -> None:
    pause = max(back_off(ask.attempts), timedelta(seconds=trouble.retry_after or 0))
    until: datetime = world.clock() + pause
    log.warning("ask", ask=ask.key, trouble=str(trouble), pause=str(pause))
    found = world.store.get(Ask, ask.key)
    if found is not None and found[0].lease_until == ask.lease_until:
        later = replace(found[0], attempts=ask.attempts + 1, wake_at=until, lease_until=None)
        world.store.commit(Write(later, found[1]))


def _apologise(world: World, ask: Ask) -> None:
    try:
        _reply(world, ask, answers.broken(ask), "-1")
    except (Transient, Broken) as trouble:
        log.warning("ask", ask=ask.key, trouble=str(trouble))
    found = world.store.get(Ask, ask.key)
    if found is not None:
        world.store.commit(Write(_done(found[0], AskState.REFUSED), found[1]))
