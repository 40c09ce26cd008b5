"""What only deploy.yaml can tell: which words are services, and whether the environment exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.command.words import Deploy, Status, Unreadable, written
from bot.core.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Collection


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


def resolve_environment(
    command: Deploy | Status, environments: Collection[str]
) -> Deploy | Status | Unreadable:
    """Return the command when its environment exists, else what was probably meant."""
    named = command.environment
    if named in environments or (isinstance(command, Status) and not named):
        return command
    meant = closest(named, environments)
    known = ", ".join(f"`{name}`" for name in environments)
    return Unreadable(
        line=written(command),
        code="unknown_environment",
        problem=f"There is no environment `{named}`; there is {known}.",
        suggestion=written(replace(command, environment=meant)) if meant else "",
    )


def _unknown_service(deploy: Deploy, word: str, services: Collection[str]) -> Unreadable:
    meant = closest(word, services)
    words = dict.fromkeys(meant if other == word else other for other in deploy.words)
    known = ", ".join(f"`{name}`" for name in services)
    return Unreadable(
        line=written(deploy),
        code="unknown_service",
        problem=f"There is no service `{word}`; there is {known}.",
        suggestion=written(replace(deploy, words=tuple(words))) if meant else "",
    )
