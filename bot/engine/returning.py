"""Follow `/rollback`: find the release to return to, and let nothing go before that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import command
from bot.core.deployment import Deployment
from bot.core.model import Environment, Refusal, Release
from bot.core.reasons import Reason
from bot.core.rejected import Rejected
from bot.core.releases import called, differing, earlier, of_release, of_services
from bot.core.restoration import Return, restoration, unknown
from bot.core.rollout.turn import ENDS, had_traffic
from bot.engine.asked import Asked, barred, refused, too_late
from bot.engine.found import Accept, Found

if TYPE_CHECKING:
    from bot.core.model import Repository
    from bot.ports import World

Target = tuple[Release, Rejected | None]


def roll_back(world: World, read: command.Rollback, asked: Asked) -> Found:
    """Return the deployment that goes back, or why there is none; permission is all it needs."""
    ask, name = asked.ask, read.environment
    place, going = as_of_one_moment(world, ask.repository, name)
    against = [barred(world, asked, name), _late(world, read, asked), _under_way(place, going)]
    target = return_to(world, place, going, read)
    if isinstance(target, Refusal):
        against.append(target)
    if any(against) or isinstance(target, Refusal):
        return refused(ask, tuple(why for why in against if why is not None))
    makers = _makers(world, target[0])
    if lost := unknown(target[0], makers):
        return refused(ask, (_forgotten(name, lost),))
    wish = Return(
        release=target[0],
        away_from=target[1],
        plan=asked.manifest.resolve(name),
        trusted_sha=asked.rules.sha,
        command=command.written(read),
        makers=makers,
    )
    return Accept((restoration(ask, wish, world.sampling, world.clock()),))


def as_of_one_moment(
    world: World, repository: Repository, name: str
) -> tuple[Environment, list[Deployment]]:
    """Return the environment and what is on its way there.

    Another look may end a deployment between our two reads: then it would be neither on its way
    nor live.
    """
    key = f"{repository.id}/{name}"
    while True:
        found = world.store.get(Environment, key)
        place = found[0] if found else Environment(key="", name=name, repository=repository)
        going = _going(world, place)
        if world.store.get(Environment, key) == found:
            return place, going


def _late(world: World, read: command.Rollback, asked: Asked) -> Refusal | None:
    return too_late(world, asked.ask, command.written(read))


def _going(world: World, place: Environment) -> list[Deployment]:
    keys = (place.active, *place.queue)
    found = (world.store.get(Deployment, key) for key in keys if key)
    return [one[0] for one in found if one is not None and one[0].phase not in ENDS]


def _under_way(place: Environment, on_its_way: list[Deployment]) -> Refusal | None:
    """Two people who pull the same emergency brake want one stop, not two."""
    for going in on_its_way:
        if target := going.restores:
            return Refusal(
                code=Reason.NOT_NOW,
                reason=f"a rollback of `{place.name}` to {called(target)} is on its way already, "
                f"asked for by @{going.actor}",
                commands=(f"/status {place.name}",),
            )
    return None


def return_to(
    world: World, place: Environment, going: list[Deployment], read: command.Rollback
) -> Target | Refusal:
    """Return where to go and what is left; from a canary it goes back to what is live.

    A share that is wanted counts like one that was seen: the write may just have come through.
    """
    active = next((one for one in going if one.id == place.active), None)
    canary = active is not None and (had_traffic(active) or active.share > 0)
    if active is not None and canary and not read.ref:
        changed = [service for service in active.services if service.changed]
        away = of_services(active, changed, "rolled back on its way", world.clock())
        return (place.live, away) if place.live else _nothing_yet(place)
    release = earlier(place, read.ref)
    if isinstance(release, Refusal):
        return release
    if place.live is None or not differing(place.live, release):
        return release, None
    return release, of_release(place.live, release, world.clock())


def _nothing_yet(place: Environment) -> Refusal:
    """Name what stops the very first deployment: who types `/rollback` wants it stopped."""
    return Refusal(
        code=Reason.NO_RELEASE,
        reason=f"`{place.name}` has no release yet; an abort ends what is on its way, and returns "
        "its traffic to what served before",
        commands=(f"/abort {place.name}", f"/status {place.name}"),
    )


def _makers(world: World, release: Release) -> dict[str, Deployment]:
    makers: dict[str, Deployment] = {}
    for name, service in release.services.items():
        found = world.store.get(Deployment, service.deployment or release.deployment)
        if found is not None:
            makers[name] = found[0]
    return makers


def _forgotten(name: str, lost: tuple[str, ...]) -> Refusal:
    return Refusal(
        code=Reason.NO_RELEASE,
        reason=f"it is not on record how {', '.join(lost)} was deployed then",
        remedy="deploy that commit instead",
        commands=(f"/history {name}",),
    )
