"""Answer what people only want to know: status, history, plan, help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import command
from bot.core.deployment import Deployment
from bot.core.model import Environment
from bot.core.reasons import Reason
from bot.core.report import answers
from bot.engine.asked import Asked, not_understood
from bot.engine.found import Answer, Found, Refuse

if TYPE_CHECKING:
    from bot.ports import World


def list_commands(asked: Asked) -> Found:
    """Say what can be typed, and what it means in this repository."""
    names = asked.manifest.environments
    plans = [asked.manifest.resolve(name) for name in names]
    return Answer(body=answers.help_text(plans))


def status(world: World, read: command.Status, asked: Asked) -> Found:
    """Say what runs where, and what is on its way."""
    environments = asked.manifest.environments
    named = command.resolve_environment(read, environments)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    places: dict[str, Environment] = {}
    active: dict[str, Deployment] = {}
    names = (named.environment,) if named.environment else environments
    for name in names:
        if place := world.store.get(Environment, f"{asked.ask.repository.id}/{name}"):
            places[name] = place[0]
            if moving := world.store.get(Deployment, place[0].active):
                active[moving[0].id] = moving[0]
    return Answer(body=answers.status(names, places, active))


def history(world: World, read: command.History, asked: Asked) -> Found:
    """List what went to an environment."""
    del world
    named = command.resolve_environment(read, asked.manifest.environments)
    if isinstance(named, command.Unreadable):
        return not_understood(asked.ask, named)
    return Refuse(answers.not_yet(asked.ask), (Reason.NOT_YET,))


def plan(world: World, read: command.Plan, asked: Asked) -> Found:
    """Say what a deployment would do."""
    del world
    names = (asked.manifest.services, asked.rules.branch)
    settled = command.resolve_plan(read, asked.manifest.environments, names)
    if isinstance(settled, command.Unreadable):
        return not_understood(asked.ask, settled)
    return Refuse(answers.not_yet(asked.ask), (Reason.NOT_YET,))
