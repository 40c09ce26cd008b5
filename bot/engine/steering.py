"""Follow what changes a deployment's course: promote, pause, resume, abort, roll back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import command
from bot.core.control import Control, Verb
from bot.core.deployment import Deployment
from bot.core.environment import settled
from bot.core.model import Ask, AskState, Environment, Refusal
from bot.core.reasons import Reason
from bot.core.report import steered
from bot.core.rollout.controls import controlled
from bot.engine.asked import Asked, barred, barred_by, not_understood, refused, too_late
from bot.engine.found import Answer, Found
from bot.engine.returning import roll_back
from bot.engine.waiting import waiting_here
from bot.ports import Transient, World, Write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.core.awaiting import WaitingAsk

VERBS = {
    command.Promote: Verb.PROMOTE,
    command.Pause: Verb.PAUSE,
    command.Resume: Verb.RESUME,
    command.Abort: Verb.ABORT,
}
_NOTHING_OWN = "no deployment of this pull request is on its way"
ALWAYS = frozenset({Verb.ABORT, Verb.PAUSE})
"""What is followed however late it arrives: it only ever makes things safer."""


def steer(world: World, read: command.Steering, asked: Asked) -> Found:
    """Change the course, or say why that is not possible now."""
    known = asked.manifest.environments
    if not isinstance(read, command.Rollback):
        known = _environments_here(world, asked)
    named = command.resolve_environment(read, known)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    if isinstance(named, command.Rollback):
        return roll_back(world, named, asked)
    control = Control(verb=VERBS[type(named)], by=asked.ask.actor)
    meant = _meant(world, asked, control, named.environment)
    if isinstance(meant, Refusal):
        waiting = _waiting(world, asked, named.environment)
        if control.verb is Verb.ABORT and waiting:
            return _called_off(world, asked, control, waiting)
        return refused(asked.ask, (meant,))
    if against := _against(world, asked, control, meant):
        return refused(asked.ask, against)
    return _followed(world, asked.ask, control, meant.id)


def _waiting(world: World, asked: Asked, environment: str) -> list[WaitingAsk]:
    """Return what only waits for its gates: this pull request's own, or what was named.

    What waits for an environment that deploy.yaml names no more is refused by itself.
    """
    ask, named = asked.ask, asked.manifest.environments
    here = [one for one in waiting_here(world, ask.repository.id) if one.environment in named]
    own = [one for one in here if ask.number and one.number == ask.number]
    if not environment:
        return own
    return [one for one in own or here if one.environment == environment]


def _called_off(
    world: World, asked: Asked, control: Control, waiting: Sequence[WaitingAsk]
) -> Found:
    barriers = (barred(world, asked, name) for name in {one.environment for one in waiting})
    if against := tuple(filter(None, barriers)):
        return refused(asked.ask, against)
    records = [write for one in waiting for write in _ended(world, one.ask, control)]
    return Answer(body=steered.calling_off(waiting), records=tuple(records))


def _ended(world: World, key: str, control: Control) -> Iterator[Write]:
    """Yield the waiting ask as called off, due at once: whoever looks next tells and forgets it."""
    found = world.store.get(Ask, key)
    if found is None or found[0].state is not AskState.NEW:
        return
    waiting, version = found
    now = world.clock()
    if waiting.lease_until is not None and waiting.lease_until > now:
        what = "what is to be aborted is being looked at"
        raise Transient(what, 0)
    yield Write(replace(waiting, called_off=control.by, wake_at=now), version)


def _meant(world: World, asked: Asked, control: Control, named: str) -> Deployment | Refusal:
    """Return the deployment that is meant: this pull request's own, or what was named."""
    ask = asked.ask
    names = (named,) if named else _environments_here(world, asked)
    going = [one for name in names for one in _going(world, ask, name)]
    own = [one for one in going if ask.number and one.number == ask.number]
    chosen = own or (going if named else [])
    environments = _environments(chosen)
    if len(environments) == 1:
        return chosen[0]
    verb = control.verb.value
    if environments:
        return Refusal(
            code=Reason.WHICH_ENVIRONMENT,
            reason=f"deployments of this pull request go to {' and '.join(environments)}",
            remedy="say which one you mean",
            commands=tuple(f"/{verb} {name}" for name in environments),
        )
    others = tuple(f"/{verb} {name}" for name in _environments(going))
    back = (f"/rollback {named}",) if named else ()
    what = f"no deployment is on its way to `{named}`" if named else _NOTHING_OWN
    return Refusal(
        code=Reason.NOTHING_GOING,
        reason=f"{what}, so there is nothing to {verb}",
        commands=(*others, *back, "/status"),
    )


def _environments(deployments: Sequence[Deployment]) -> list[str]:
    return list(dict.fromkeys(one.environment for one in deployments))


def _going(world: World, ask: Ask, name: str) -> Iterator[Deployment]:
    """Yield what is on its way there and was asked for before: active first, the watched last."""
    found = world.store.get(Environment, f"{ask.repository.id}/{name}")
    if found is None:
        return
    place = found[0]
    for key in filter(None, (place.active, *place.queue, place.watching)):
        going = world.store.get(Deployment, key)
        if going is not None and _older(world, going[0], ask):
            yield going[0]


def _older(world: World, deployment: Deployment, ask: Ask) -> bool:
    """Tell whether a deployment was asked for before; a late control never meets a newer one."""
    found = world.store.get(Ask, deployment.ask)
    return found is None or found[0].created_at <= ask.created_at


def _environments_here(world: World, asked: Asked) -> tuple[str, ...]:
    """Return the environments of deploy.yaml, and others to which something still is on its way."""
    ask, named = asked.ask, asked.manifest.environments
    others = (place.name for place in world.store.environments(ask.repository.id))
    left = (name for name in others if name not in named and any(_going(world, ask, name)))
    return (*named, *left)


def _against(
    world: World, asked: Asked, control: Control, meant: Deployment
) -> tuple[Refusal, ...]:
    """Return what stands against it; one whose environment is named no more has its own gates."""
    name, gates = meant.environment, meant.plan.gates
    if name in asked.manifest.environments:
        gates = asked.manifest.resolve(name).gates
    against = [barred_by(world, asked, name, gates)]
    if control.verb not in ALWAYS:
        against.append(too_late(world, asked.ask, f"/{control.verb.value} {name}"))
    return tuple(filter(None, against))


def _followed(world: World, ask: Ask, control: Control, meant: str) -> Found:
    """Change the records as they are by now: GitHub was asked meanwhile, and looks go on."""
    now = world.clock()
    found = world.store.get(Deployment, meant)
    place = world.store.get(Environment, found[0].environment_key) if found else None
    assert found is not None  # noqa: S101  # records of deployments stay
    assert place is not None  # noqa: S101  # it was found in there
    before, version = found
    after = controlled(before, control, now)
    if isinstance(after, Refusal):
        return refused(ask, (after,))
    looked_for = replace(settled(place[0], after), asked=place[0].asked + 1)
    return Answer(
        body=steered.steered(before, after, control, now),
        records=(Write(after, version), Write(looked_for, place[1])),
        look_at=before.environment_key,
    )
