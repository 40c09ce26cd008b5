"""A release tag was pushed: the images of its commit get the version as one more name.

The images are those that deployments of this very commit built or used, as our own records know
them. A tag may well come before they are built, so it waits for them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core import tags
from bot.core.action import Accepted, Conflicted, Rejected, Tag
from bot.core.reasons import Reason
from bot.core.report import releases
from bot.core.rollout.turn import ENDS
from bot.engine.found import Answer, Found, Ignore, Later, Refuse
from bot.engine.rules import rules_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bot.core.deployment import Deployment
    from bot.core.model import Ask
    from bot.ports import World

AGAIN, LONGEST = timedelta(seconds=15), timedelta(minutes=10)
GIVE_UP = timedelta(hours=24)
REMEMBERED = 200
"""Deployments of each environment that are looked through."""


class _Outcome(Struct, frozen=True):
    """What came of one image: nothing wrong, or why not, and whether that may pass."""

    image: str
    wrong: str = ""
    passing: bool = False


def release(world: World, ask: Ask) -> Found:
    """Return the answer; raise Transient or Broken when the world cannot be read.

    While it waits GitHub is not asked: only our own records can change the answer.
    """
    late = world.clock() - ask.created_at > GIVE_UP
    wrong = tags.trouble(ask.ref)
    made = list(_deployments(world, ask))
    images = _images(made)
    coming = not images or any(one.phase not in ENDS and _builds(one) for one in made)
    if coming and not late and not wrong:
        return Later(_again(world, ask))
    if rules_at(world, ask.repository, "").missing:
        return Ignore()
    if wrong:
        return Refuse(releases.no_version(ask, wrong), (Reason.NO_VERSION,), _number(world, ask))
    if not images:
        return Refuse(releases.nothing_built(ask), (Reason.NOTHING_BUILT,), _number(world, ask))
    return _name_all(world, ask, images, late=late)


def _again(world: World, ask: Ask) -> datetime:
    """Return when to look again: soon at first, then ever more slowly."""
    age = world.clock() - ask.created_at
    return world.clock() + min(LONGEST, max(AGAIN, age / 4))


def _name_all(world: World, ask: Ask, images: Mapping[str, str], *, late: bool) -> Found:
    outcomes = [_named(world, ask.ref, image, digest) for image, digest in images.items()]
    if not late and any(one.passing for one in outcomes):
        return Later(_again(world, ask))
    wrong_ones = {one.image: one.wrong for one in outcomes if one.wrong}
    if wrong_ones:
        body = releases.not_named(ask, wrong_ones)
        return Refuse(body, (Reason.NOT_NAMED,), _number(world, ask))
    return Answer(body=releases.named(ask, images))


def _number(world: World, ask: Ask) -> int | None:
    pull = world.github.pull_request_of(ask.repository, ask.sha)
    return pull.number if pull else None


def _deployments(world: World, ask: Ask) -> Iterator[Deployment]:
    for place in world.store.environments(ask.repository.id):
        for deployment in world.store.history(place.key, REMEMBERED):
            if deployment.sha == ask.sha:
                yield deployment


def _images(made: list[Deployment]) -> Mapping[str, str]:
    """Return each image's digest; the newest deployment's where two differ."""
    newest_last = sorted(made, key=lambda one: one.created_at)
    return {
        service.plan.image: service.digest
        for deployment in newest_last
        for service in deployment.services
        if service.digest
    }


def _builds(deployment: Deployment) -> bool:
    """Tell whether an image of it is still to come."""
    return any(service.changed and not service.digest for service in deployment.services)


def _named(world: World, version: str, image: str, digest: str) -> _Outcome:
    outcome = world.registry.tag(Tag(image=image, tag=version, digest=digest, moves=False))
    match outcome:
        case Accepted():
            return _Outcome(image)
        case Conflicted():
            return _Outcome(image, "names another image already, and versions never move")
        case Rejected(detail=detail):
            return _Outcome(image, detail, passing=True)
