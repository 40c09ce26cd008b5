"""Read through the ports what a phase wants to see: the only place where the world is looked at."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, SmokeAnswer
from bot.core.evidence import Window
from bot.core.failure import told_once
from bot.core.model import Environment, Image, image_key
from bot.core.rollout.building import image_tag
from bot.core.rollout.labels import made_by
from bot.core.rollout.secrets import floating
from bot.core.rollout.splits import share_within
from bot.core.rollout.turn import service_named
from bot.core.sight import Memory, OperationSeen, Sight
from bot.engine.heads import newest_head
from bot.engine.standing import refusals_now
from bot.ports import Broken, Transient, WindowsAsked, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.evidence import Day
    from bot.core.rollout.wants import DayWanted, Wants, WindowsWanted
    from bot.core.sight import BuildSeen, ServiceSeen

LOG_LINES = 100
"""Log lines that are read; of these, told are the last ones that differ."""


def observe(world: World, deployment: Deployment, wanted: Wants) -> Sight:
    """Return what is wanted; raise Transient when the world cannot be seen now.

    Operations come before services: one that has ended is seen with all that it did. The other way
    round, what ended in between would look as if somebody had put it back.
    """
    operations = {name: _operation(world, deployment, name) for name in wanted.operations}
    windows, metrics_down = _windows(world, deployment, wanted.windows)
    services = _services(world, deployment, wanted)
    secrets, unpinned = _secrets(world, deployment, wanted.secrets)
    replaced_by, followed_by = newest_head(world, deployment) if wanted.head else ("", "")
    return Sight(
        replaced_by=replaced_by,
        followed_by=followed_by,
        services=services,
        refusals=refusals_now(world, deployment) if wanted.standing else (),
        secrets=secrets,
        unpinned=unpinned,
        memory=_memory(world, deployment) if wanted.memory else Memory(),
        unreleased=_unreleased(world, services) if wanted.releases else frozenset(),
        operations=operations,
        builds={name: _build(world, deployment, name) for name in wanted.builds},
        images=_images(world, deployment, wanted.images),
        smoke={name: _visit(world, deployment, name) for name in wanted.smoke},
        windows=windows,
        days=_days(world, deployment, wanted.days),
        metrics_down=metrics_down,
        logs=_logs(world, deployment, wanted),
    )


def _services(world: World, deployment: Deployment, wanted: Wants) -> dict[str, ServiceSeen]:
    addresses = deployment.plan.addresses
    return {
        want.name: world.services.service(addresses[want.name], want.revisions)
        for want in wanted.services
    }


def _unreleased(world: World, services: dict[str, ServiceSeen]) -> frozenset[str]:
    """Return those that serve what a first deployment made and never passed its smoke checks."""
    made = {name: world.store.get(Deployment, made_by(live)) for name, live in services.items()}
    return frozenset(
        name
        for name, found in made.items()
        if found is not None
        and any(s.plan.name == name and s.first and not s.smoke_passed for s in found[0].services)
    )


def _memory(world: World, deployment: Deployment) -> Memory:
    found = world.store.get(Environment, deployment.environment_key)
    if found is None:
        return Memory()
    place = found[0]
    return Memory(live=place.live, past=place.past, rejected=place.rejected)


def _secrets(
    world: World, deployment: Deployment, names: tuple[str, ...]
) -> tuple[dict[str, dict[str, str]], str]:
    """Return each service's secrets with their versions, or why we may not know them."""
    try:
        return {name: _versions(world, deployment, name) for name in names}, ""
    except Broken as trouble:
        return {}, str(trouble)


def _versions(world: World, deployment: Deployment, name: str) -> dict[str, str]:
    plan = service_named(deployment, name).plan
    named = floating(plan.cloud_run)
    return {secret: world.secrets.latest(plan.key.project, secret) for secret in named}


def _operation(world: World, deployment: Deployment, name: str) -> OperationSeen:
    service = service_named(deployment, name)
    if not service.operation:
        return OperationSeen(done=True)
    return world.services.operation(service.plan.key, service.operation)


def _build(world: World, deployment: Deployment, name: str) -> BuildSeen:
    service = service_named(deployment, name)
    return world.builds.build(service.build, image_tag(deployment, service))


def _visit(world: World, deployment: Deployment, name: str) -> tuple[SmokeAnswer, ...]:
    service = service_named(deployment, name)
    return world.visitor.visit(service.tag_url, service.url, service.plan.smoke)


def _images(world: World, deployment: Deployment, names: tuple[str, ...]) -> dict[str, str]:
    oldest = world.clock() - deployment.plan.reuse
    found: dict[str, str] = {}
    for name in names:
        key = image_key(deployment.repository, service_named(deployment, name).reuse_key)
        stored = world.store.get(Image, key)
        if stored is not None and stored[0].digest and stored[0].built_at > oldest:
            found[name] = stored[0].digest
    return found


def _windows(
    world: World, deployment: Deployment, wanted: tuple[WindowsWanted, ...]
) -> tuple[dict[str, tuple[Window, ...]], str]:
    try:
        return {want.name: _window(world, deployment, want) for want in wanted}, ""
    except Transient as trouble:
        return {}, str(trouble)


def _window(world: World, deployment: Deployment, want: WindowsWanted) -> tuple[Window, ...]:
    key = service_named(deployment, want.name).plan.key
    revisions = (want.canary, want.stable)
    service = service_named(deployment, want.name)
    asked = WindowsAsked(revisions, want.since, want.until, want.slow_above, want.error_logs)
    return tuple(
        Window(
            start=counted.start,
            end=counted.end,
            share=share,
            canary=counted.counts.get(want.canary),
            stable=counted.counts.get(want.stable),
        )
        for counted in world.metrics.windows(key, asked)
        if (share := share_within(service, counted.start, counted.end)) is not None
    )


def _days(world: World, deployment: Deployment, wanted: tuple[DayWanted, ...]) -> dict[str, Day]:
    """Return what could be read: without it the verdict has less power, but it has one."""
    found: dict[str, Day] = {}
    for want in wanted:
        key = service_named(deployment, want.name).plan.key
        asked = WindowsAsked((want.stable,), want.since, want.until, want.limit, want.error_logs)
        with suppress(Transient):
            found[want.name] = world.metrics.day(key, asked)
    return found


def _logs(world: World, deployment: Deployment, wanted: Wants) -> tuple[str, ...] | None:
    since = deployment.created_at
    if name := wanted.build_logs:
        build = service_named(deployment, name).build
        return _best_effort(lambda: world.logs.of_build(build, since, LOG_LINES))
    if name := wanted.revision_logs:
        service = service_named(deployment, name)
        revision, key = service.revision, service.plan.key
        return _best_effort(lambda: world.logs.of_revision(key, revision, since, LOG_LINES))
    return None


def _best_effort(read: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """Log lines are a kindness: that they cannot be had must not hold up a rollback."""
    try:
        return told_once(read())
    except (Transient, Broken):
        return ()


BACK_OFF_FIRST = timedelta(seconds=1)
BACK_OFF_LONGEST = timedelta(minutes=5)


def back_off(attempts: int) -> timedelta:
    """Return how long to wait after so many spoiled looks in a row: 1 s doubling to 5 min."""
    return min(BACK_OFF_LONGEST, BACK_OFF_FIRST * (1 << min(attempts, 9)))
