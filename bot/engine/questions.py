"""Answer what people only want to know: status, history, plan, help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import command
from bot.core.deployment import Deployment
from bot.core.model import Environment
from bot.core.report import status as words
from bot.core.report.history import history as told
from bot.core.report.manual import manual
from bot.engine.asked import Asked, not_understood
from bot.engine.found import Answer, Found

MOST = 15
"""Deployments that a history shows."""

if TYPE_CHECKING:
    from bot.core.model import Ask
    from bot.ports import World


def list_commands(asked: Asked) -> Found:
    """Say what can be typed, and what it means in this repository."""
    plans = [asked.manifest.resolve(name) for name in asked.manifest.environments]
    return Answer(body=manual(plans, asked.manifest.required))


def status(world: World, read: command.Status, asked: Asked) -> Found:
    """Say what runs where, and what is on its way."""
    environments = asked.manifest.environments
    named = command.resolve_environment(read, environments)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    names = (named.environment,) if named.environment else environments
    seen = [_seen(world, name, asked.ask) for name in names]
    return Answer(body=words.status(seen, world.clock()))


def _seen(world: World, name: str, ask: Ask) -> words.Seen:
    found = world.store.get(Environment, f"{ask.repository.id}/{name}")
    if found is None:
        return words.Seen(name=name)
    place = found[0]
    queue = (_deployment(world, waiting) for waiting in place.queue[: words.MOST])
    return words.Seen(
        name=name,
        place=place,
        moving=_deployment(world, place.active),
        watched=_deployment(world, place.watching),
        waiting=tuple(one for one in queue if one is not None),
    )


def _deployment(world: World, identity: str) -> Deployment | None:
    found = world.store.get(Deployment, identity) if identity else None
    return found[0] if found else None


def history(world: World, read: command.History, asked: Asked) -> Found:
    """List what went to an environment."""
    named = command.resolve_environment(read, asked.manifest.environments)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    key = f"{asked.ask.repository.id}/{named.environment}"
    made = world.store.history(key, MOST)
    return Answer(body=told(named.environment, made, world.clock()))
