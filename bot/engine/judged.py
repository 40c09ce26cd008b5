"""From a wish to what comes of it: a deployment, a refusal with every reason, or a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import locks, policy
from bot.core.model import Environment
from bot.core.policy import asker
from bot.core.report import answers
from bot.core.report import locks as words
from bot.engine.found import Accept, Found, Refuse, Split, Wait
from bot.engine.prepare import incomplete, prepared, read_inputs
from bot.engine.waiting import expect
from bot.engine.weigh import Weighed, weigh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.model import Refusal
    from bot.core.policy import Judgement
    from bot.engine.wish import Wish
    from bot.ports import World


def judged(world: World, wishes: Sequence[Wish]) -> Found:
    """Return what comes of wishes for one commit; those of a push part when their gates do."""
    wish = wishes[0]
    if len(wishes) == 1 and policy.may_wait(wish.gates, pushed=wish.pushed):
        world = expect(world, wish.ask, (wish.environment, wish.target.sha, wish.number))
    weighed = [weigh(world, wish) for wish in wishes]
    if len(wishes) > 1 and not all(_clear(one) for one in weighed):
        return Split(tuple(wish.environment for wish in wishes))
    for wish, found in zip(wishes, weighed, strict=True):
        if isinstance(found, Refuse):
            return found
        if stopped := _stopped(wish, found.judgement, locked_out(world, wish)):
            return stopped
    passed = [found for found in weighed if isinstance(found, Weighed)]
    inputs = passed[0].inputs or read_inputs(world, wishes)
    if isinstance(inputs, Refuse):
        return inputs
    if lacking := incomplete(world, wishes, inputs):
        return lacking
    return Accept(
        tuple(
            prepared(world, wish, inputs, found.passed)
            for wish, found in zip(wishes, passed, strict=True)
        )
    )


def _clear(found: Weighed | Refuse) -> bool:
    if isinstance(found, Refuse):
        return False
    return not found.judgement.refusals and not found.judgement.awaited


def _stopped(wish: Wish, judgement: Judgement, locked: tuple[Refusal, ...]) -> Refuse | Wait | None:
    if judgement.refusals or locked:
        against = (*judgement.everything, *locked)
        body = answers.refused(wish.ask, against)
        return Refuse(body, tuple(why.code for why in against), wish.number)
    if judgement.awaited:
        return Wait(
            environment=wish.environment,
            sha=wish.target.sha,
            number=wish.number,
            asker=asker(wish.ask.actor, wish.pull),
            awaited=judgement.awaited,
        )
    return None


def locked_out(world: World, wish: Wish) -> tuple[Refusal, ...]:
    """Refuse a command before a lock; a push waits behind it instead."""
    ask = wish.ask
    found = world.store.get(Environment, f"{ask.repository.id}/{wish.environment}")
    if found is None or wish.pushed:
        return ()
    entry = locks.Entry(wish.target.sha, ask.actor, ask.number, retry=wish.retry)
    against = words.kept_out(found[0], entry, wish.command, world.clock())
    return (against,) if against else ()
