"""Follow `/plan`: everything that `/deploy` would look at, up to the moment before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import command
from bot.core.deployment import Deployment
from bot.core.model import Environment, Image, image_key
from bot.core.report.plan import Change, Outlook, plan_text
from bot.engine.asked import Asked, not_understood, refused
from bot.engine.deploying import meant_commit, wish_for
from bot.engine.found import Answer, Found, Refuse
from bot.engine.judged import locked_out
from bot.engine.prepare import incomplete, prepared, read_inputs
from bot.engine.weigh import Weighed, weigh
from bot.looking_ahead import Foresight, lines
from bot.trouble import Transient

if TYPE_CHECKING:
    from bot.core.configuration import ServicePlan
    from bot.core.deployment import ServiceRollout
    from bot.engine.wish import Wish
    from bot.ports import World


def plan(world: World, read: command.Plan, asked: Asked) -> Found:
    """Say what a deployment would do, and do nothing."""
    settled = command.resolve_plan(read, asked.known)
    if isinstance(settled, command.Unreadable):
        return not_understood(asked.ask, settled)
    target = meant_commit(world, settled.deploy, asked)
    if isinstance(target, Refuse):
        return target
    wish = wish_for(settled.deploy, asked, target)
    weighed = weigh(world, wish)
    if isinstance(weighed, Refuse):
        return weighed
    return _told(world, wish, weighed)


def _told(world: World, wish: Wish, weighed: Weighed) -> Found:
    """Answer with the deployment that would be made; without a commit there are only reasons.

    What a stranger wrote is not even read, unless it may be deployed.
    """
    if not wish.target.sha or (_foreign(wish) and weighed.judgement.refusals):
        return refused(wish.ask, weighed.judgement.everything)
    inputs = weighed.inputs or read_inputs(world, (wish,))
    if isinstance(inputs, Refuse):
        return inputs
    if lacking := incomplete(world, (wish,), inputs):
        return lacking
    made = prepared(world, wish, inputs, weighed.passed)
    found = world.store.get(Environment, made.environment_key)
    place = found[0] if found else None
    judgement = weighed.judgement
    outlook = Outlook(
        made=made,
        changes=tuple(_change(world, made, service, place) for service in made.services),
        against=(*judgement.refusals, *locked_out(world, wish)),
        awaited=judgement.waits,
        passed=judgement.passed,
        ahead=(len(place.queue) + bool(place.active)) if place else 0,
        at_once=wish.at_once,
        forecast=_forecast(world, made, place),
    )
    return Answer(body=plan_text(outlook))


def _foreign(wish: Wish) -> bool:
    pull = wish.pull
    from_fork = pull is not None and pull.head_repository != wish.ask.repository.id
    return from_fork and not wish.target.on_default_branch


def _forecast(world: World, made: Deployment, place: Environment | None) -> tuple[str, ...]:
    """Return what the steps can promise, from last week's traffic, where it can be read."""
    live = place.live.services if place and place.live else {}
    running = {name: service.revision for name, service in live.items()}
    try:
        return tuple(lines(Foresight(world.metrics, world.sampling), made, running, world.clock()))
    except Transient:
        return ("Cloud Monitoring cannot be read now.",)


def _change(
    world: World, made: Deployment, service: ServiceRollout, place: Environment | None
) -> Change:
    live = place.live.services.get(service.plan.name) if place and place.live else None
    image = world.store.get(Image, image_key(made.repository, service.reuse_key))
    young = image is not None and image[0].built_at > world.clock() - made.plan.reuse
    digest = service.digest or (image[0].digest if image and young else "")
    same = live is not None and (live.digest, live.settings_hash) == (digest, service.settings_hash)
    maker = "" if live is None or live.adopted else live.deployment
    before = _plan_of(world, maker, service.plan.name)
    return Change(plan=service.plan, digest=digest, live=before, same=same)


def _plan_of(world: World, deployment: str, name: str) -> ServicePlan | None:
    """Return the settings with which a service went live, as its deployment's record has them."""
    found = world.store.get(Deployment, deployment) if deployment else None
    plans = found[0].plan.services if found else ()
    return next((plan for plan in plans if plan.name == name), None)
