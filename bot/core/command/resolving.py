"""What only deploy.yaml can tell: which words are services, and whether the environment exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from bot.core.command.reading import parse
from bot.core.command.words import (
    Approve,
    Command,
    Deploy,
    Help,
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

_TO = "to"
P = TypeVar("P", bound=Placed)


class Known(Struct, frozen=True, kw_only=True):
    """What deploy.yaml and the repository tell about words."""

    environments: tuple[str, ...]
    services: tuple[str, ...]
    branch: str
    """The default branch."""


def resolve_words(
    deploy: Deploy, services: Collection[str], default_branch: str
) -> Deploy | Unreadable:
    """Tell services from the default branch, now that both are known."""
    words, ref = deploy.words, deploy.ref
    if words and not ref and words[-1] == default_branch and default_branch not in services:
        words, ref = words[:-1], default_branch
    for word in words:
        if word not in services:
            return _unknown_service(deploy, word, services, default_branch)
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


def resolve_deploy(deploy: Deploy, known: Known) -> Deploy | Unreadable:
    """Settle environment, services and branch; everything that is unknown is told together."""
    placed = resolve_environment(deploy, known.environments)
    if isinstance(placed, Unreadable) and (ordered := _in_order(deploy, known)):
        return replace(placed, suggestion=ordered)
    settled = resolve_words(deploy, known.services, known.branch)
    if not isinstance(placed, Unreadable):
        return settled
    if not isinstance(settled, Unreadable):
        return placed
    return replace(
        placed,
        also=((settled.code, settled.problem),),
        suggestion=_joined(deploy, settled.suggestion, known) if placed.suggestion else "",
    )


def resolve_plan(plan: Plan, known: Known) -> Plan | Unreadable:
    """Settle a plan as the deployment that it speaks of."""
    settled = resolve_deploy(plan.deploy, known)
    if isinstance(settled, Deploy):
        return Plan(settled)
    suggestion = settled.suggestion.replace("/deploy", "/plan", 1)
    return replace(settled, line=written(plan), suggestion=suggestion)


def completed(read: Unreadable, known: Known) -> Unreadable:
    """Return what could not be read with all that deploy.yaml tells about it too."""
    if Reason.NO_ENVIRONMENT in read.codes:
        there = ", ".join(f"`{name}`" for name in known.environments)
        return replace(read, problem=f"{read.problem} There is {there}.")
    meant = parse(read.suggestion) if read.suggestion else read
    settled = _resolved(meant, known)
    if not isinstance(settled, Unreadable) or settled == read:
        return read
    also = (*read.also, (settled.code, settled.problem), *settled.also)
    return replace(read, also=also, suggestion=settled.suggestion)


def _resolved(command: Command | Unreadable, known: Known) -> Command | Unreadable:
    match command:
        case Deploy():
            return resolve_deploy(command, known)
        case Plan():
            return resolve_plan(command, known)
        case Help() | Unreadable():
            return command
        case _:
            return resolve_environment(command, known.environments)


def _in_order(deploy: Deploy, known: Known) -> str:
    """Return the line with its environment first, where that stands among the other words."""
    at = next((word for word in deploy.words if word in known.environments), "")
    named = {*known.services, known.branch, _TO}
    if not at or deploy.environment not in named:
        return ""
    words = (deploy.environment, *(word for word in deploy.words if word != at))
    rest = tuple(word for word in words if word != _TO)
    ordered = replace(deploy, environment=at, words=rest)
    return "" if isinstance(_resolved(ordered, known), Unreadable) else written(ordered)


def _joined(deploy: Deploy, line: str, known: Known) -> str:
    """Return the line with its services mended, and its environment too."""
    mended = parse(line) if line else None
    meant = closest(deploy.environment, known.environments)
    return written(replace(mended, environment=meant)) if isinstance(mended, Deploy) else ""


def _unknown_service(
    deploy: Deploy, word: str, services: Collection[str], branch: str
) -> Unreadable:
    """Return what is known instead; who named a branch or a tag reads what can be named."""
    meant = closest(word, services)
    commits = f" A commit is named by 7 to 40 of its digits, or as `{branch}`." if not meant else ""
    words = dict.fromkeys(meant if other == word else other for other in deploy.words)
    known = ", ".join(f"`{name}`" for name in services)
    return Unreadable(
        line=written(deploy),
        code=Reason.UNKNOWN_SERVICE,
        problem=f"There is no service `{word}`; there is {known}.{commits}",
        suggestion=written(replace(deploy, words=tuple(words))) if meant else "",
    )
