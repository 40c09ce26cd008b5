"""Follow `/approve`: the second person's word for one commit in one environment."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.core import command, policy
from bot.core.awaiting import Approval, Approvals, WaitingAsk
from bot.core.model import AskKind, Heads, Refusal
from bot.core.policy import Target
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.asked import Asked, not_understood, refused
from bot.engine.found import Answer, Found, Ignore
from bot.engine.gather import who
from bot.engine.question import question
from bot.engine.target import find_target
from bot.engine.waiting import waiting_here, wake
from bot.engine.wish import Wish
from bot.ports import World, Write

SEEN_FOR = timedelta(seconds=30)
"""How long a commit must have waited before an approval that does not name it can mean it."""


def approve(world: World, read: command.Approve, asked: Asked) -> Found:
    """Keep the approval, or say why it does not count."""
    named = _named(read, asked)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    if asked.pull is None and asked.ask.kind is not AskKind.BUTTON:
        return Ignore()
    target = _target(world, named, asked)
    if target is None:
        return refused(asked.ask, (_nothing_awaited(world, named.environment, asked),))
    wish = Wish(
        ask=asked.ask,
        environment=named.environment,
        target=target,
        pull=asked.pull,
        rules=asked.rules,
        manifest=asked.manifest,
        command=f"/approve {named.environment} {(target.sha or target.typed)[:7]}",
    )
    return _judged(world, wish)


def _named(read: command.Approve, asked: Asked) -> command.Approve | command.Unreadable:
    """Take the one environment that asks for a second person where none is named."""
    if read.environment:
        return command.resolve_environment(read, asked.manifest.environments)
    asking = [
        name
        for name in asked.manifest.environments
        if asked.manifest.resolve(name).gates.two_person
    ]
    if len(asking) == 1:
        return replace(read, environment=asking[0])
    known = ", ".join(f"`{name}`" for name in asking or asked.manifest.environments)
    return command.Unreadable(
        line=command.written(read),
        code=Reason.NO_ENVIRONMENT,
        problem=f"Which environment? There is {known}.",
        suggestion=f"/approve {asking[0]}" if asking else "",
    )


def _judged(world: World, wish: Wish) -> Found:
    ask, sha = wish.ask, wish.target.sha
    facts = who(world, question(wish))
    against = policy.approval_refusals(facts)
    here = _waiting(world, wish.environment, ask.repository.id, sha)
    if here and all(one.actor.lower() == ask.actor.lower() for one in here):
        against = (*against, _own(wish))
    if against:
        return refused(ask, against)
    _keep(world, wish)
    wake(world, ask.repository.id, here)
    lasts = ask.created_at + wish.gates.approval_lasts
    body = answers.approved(wish.environment, sha, lasts, [one.actor for one in here])
    return Answer(body=body)


def _keep(world: World, wish: Wish) -> None:
    ask = wish.ask
    key = f"{ask.repository.id}/{wish.environment}/{wish.target.sha}"
    word = Approval(by=ask.actor, at=ask.created_at)
    while True:
        found = world.store.get(Approvals, key)
        approvals, version = found or (Approvals(key=key), 0)
        if word in approvals.given:
            return
        given = (*approvals.given, word)
        if world.store.commit(Write(replace(approvals, given=given), version)):
            return


def _target(world: World, named: command.Approve, asked: Asked) -> Target | None:
    """Return which commit is approved; None where that is not clear.

    Of commits that begin alike none is meant: whoever pushes chooses how a hash begins. What waits
    here, or came by a push, has been judged and needs no look.
    """
    ref = named.ref or _awaited_sha(world, named.environment, asked)
    waiting = waiting_here(world, asked.ask.repository.id)
    there = [one for one in waiting if one.environment == named.environment]
    alike = {one.sha for one in there} | _heads(world, asked)
    meant = {sha for sha in alike if ref and sha.startswith(ref)}
    if not ref or len(meant) > 1:
        return None
    number = asked.pull.number if asked.pull else None
    if meant & {one.sha for one in there if one.number in {None, number}}:
        return Target(sha=meant.pop(), typed=ref)
    return find_target(world, asked.ask, asked.pull, (ref, asked.rules)) if asked.pull else None


def _heads(world: World, asked: Asked) -> set[str]:
    """Return the heads of this pull request that are known, and the default branch's."""
    if asked.pull is None:
        return {asked.rules.sha}
    found = world.store.get(Heads, f"{asked.ask.repository.id}/{asked.pull.number}")
    return {asked.rules.sha, asked.pull.head_sha, *(found[0].first_seen if found else ())}


def _awaited_sha(world: World, environment: str, asked: Asked) -> str:
    """Return the one commit that has waited here long enough to be the one that is meant."""
    ask = asked.ask
    number = asked.pull.number if asked.pull else None
    here = [
        one
        for one in waiting_here(world, ask.repository.id)
        if one.environment == environment and one.number == number
    ]
    shas = {one.sha for one in here}
    meant = len(shas) == 1 and all(one.since + SEEN_FOR <= ask.created_at for one in here)
    return shas.pop() if meant else ""


def _waiting(world: World, environment: str, repository: int, sha: str) -> tuple[WaitingAsk, ...]:
    everything = waiting_here(world, repository)
    return tuple(one for one in everything if (one.environment, one.sha) == (environment, sha))


def _nothing_awaited(world: World, environment: str, asked: Asked) -> Refusal:
    """Ask for the commit, with those that wait now ready to paste: whole where they begin alike."""
    waiting = waiting_here(world, asked.ask.repository.id)
    shas = dict.fromkeys(one.sha for one in waiting if one.environment == environment)
    head = asked.pull.head_sha if asked.pull else asked.ask.ref
    begin = [sha[:7] for sha in {*shas, *_heads(world, asked)}]
    return Refusal(
        code=Reason.NOTHING_TO_APPROVE,
        reason="it is not clear which commit is approved: none, several, or only a new one waits",
        remedy="look at the commit, then name it",
        commands=tuple(
            f"/approve {environment} {sha[:7] if begin.count(sha[:7]) == 1 else sha}"
            for sha in (shas or (head,))
        ),
    )


def _own(wish: Wish) -> Refusal:
    return Refusal(
        code=Reason.OWN_DEPLOYMENT,
        reason=f"@{wish.ask.actor} asked for `{wish.target.sha[:7]}`, and a second person has to "
        "approve it",
        remedy="somebody else approves this",
        commands=(wish.command,),
    )
