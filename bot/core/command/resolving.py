"""What only deploy.yaml can tell: which words are services, and whether the environment exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from bot.core.command.words import (
    Approve,
    Deploy,
    History,
    Lock,
    Plan,
    Status,
    Steering,
    Unlock,
    Unreadable,
)
from bot.core.command.writing import written
from bot.core.reasons import Reason
from bot.core.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Collection

Placed = Deploy | Steering | Approve | Status | History | Lock | Unlock
"""Commands with an environment in them."""

P = TypeVar("P", bound=Placed)


def resolve_words(
    deploy: Deploy, services: Collection[str], default_branch: str
) -> Deploy | Unreadable:
    """Tell services from the default branch, now that both are known."""
    words, ref = deploy.words, deploy.ref
    if words and not ref and words[-1] == default_branch and default_branch not in services:
        words, ref = words[:-1], default_branch
    for word in words:
        if word not in services:
            return _unknown_service(deploy, word, services)
    return replace(deploy, services=words, ref=ref, words=())


def resolve_environment(command: P, environments: Collection[str]) -> P | Unreadable:
    """Return the command when its environment exists, else what was probably meant.

    Where the environment may be left out, an empty one passes.
    """
    named = command.environment
    if not named or named in environments:
        return command
    meant = closest(named, environments)
    known = ", ".join(f"`{name}`" for name in environments)
    return Unreadable(
        line=written(command),
        code=Reason.UNKNOWN_ENVIRONMENT,
        problem=f"There is no environment `{named}`; there is {known}.",
        suggestion=written(replace(command, environment=meant)) if meant else "",
    )


def resolve_plan(
    plan: Plan, environments: Collection[str], names: tuple[Collection[str], str]
) -> Plan | Unreadable:
    """Settle a plan as the deployment that it speaks of; `names`: services and default branch."""
    settled = resolve_environment(plan.deploy, environments)
    if isinstance(settled, Deploy):
        settled = resolve_words(settled, *names)
    if isinstance(settled, Deploy):
        return Plan(settled)
    suggestion = settled.suggestion.replace("/deploy", "/plan", 1)
    return replace(settled, line=written(plan), suggestion=suggestion)


def _unknown_service(deploy: Deploy, word: str, services: Collection[str]) -> Unreadable:
    meant = closest(word, services)
    words = dict.fromkeys(meant if other == word else other for other in deploy.words)
    known = ", ".join(f"`{name}`" for name in services)
    return Unreadable(
        line=written(deploy),
        code=Reason.UNKNOWN_SERVICE,
        problem=f"There is no service `{word}`; there is {known}.",
        suggestion=written(replace(deploy, words=tuple(words))) if meant else "",
    )
