"""One commit that somebody wants in one environment, with the rules that it is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core.github import PullRequest
from bot.core.manifest import Manifest
from bot.core.model import Ask
from bot.core.policy import Target
from bot.engine.rules import Rules

if TYPE_CHECKING:
    from bot.core.gates import Gates


class Wish(Struct, frozen=True, kw_only=True):
    """What the gates are asked about."""

    ask: Ask
    environment: str
    services: tuple[str, ...] = ()
    """Only these; all when empty."""
    target: Target
    pull: PullRequest | None
    """The pull request itself; after a push the one that brought the commit, if any did."""
    pushed: bool = False
    rules: Rules
    manifest: Manifest
    override: bool = False
    why: str = ""
    replaces: int | None = None
    at_once: bool = False
    """To 100 % once it is healthy, without steps."""
    retry: bool = False
    """Also what was taken back before."""
    command: str = ""
    """What to type to ask for the same again; empty after a push."""

    @property
    def gates(self) -> Gates:
        """Return the environment's gates."""
        return self.manifest.resolve(self.environment).gates

    @property
    def own_checks(self) -> tuple[str, ...]:
        """Return the names of the check runs that we make in this repository."""
        return tuple(f"deploy / {name}" for name in self.manifest.environments)

    @property
    def number(self) -> int | None:
        """Return the pull request to speak on."""
        return self.pull.number if self.pull else None
