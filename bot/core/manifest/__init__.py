"""deploy.yaml: read strictly, every problem told at once with its line, resolved per environment.

Text becomes located values (composing), overrides are laid over the top level (file), every key
is read and checked (reading, checks, relations), and an environment is resolved into the plan
that a deployment keeps (trust, resolving).

Next: bot/core/policy/__init__.py
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core.manifest.composing import compose
from bot.core.manifest.file import Environments, read_file, services_of
from bot.core.manifest.fingerprints import reuse_key, settings_hash
from bot.core.manifest.located import Problem
from bot.core.manifest.resolving import plan
from bot.core.manifest.trust import with_commit

if TYPE_CHECKING:
    from bot.core.configuration import EnvironmentPlan

__all__ = ["Manifest", "Problem", "parse", "reuse_key", "settings_hash"]


class Manifest(Struct, frozen=True):
    """A deploy.yaml without a problem."""

    keys: Environments
    services: tuple[str, ...]
    """Every service of the file, in its order."""

    @property
    def environments(self) -> tuple[str, ...]:
        """Every environment, in the file's order."""
        return tuple(self.keys)

    def on_push(self, branch: str) -> tuple[str, ...]:
        """Return the environments that a push to this branch deploys to."""
        return tuple(name for name, keys in self.keys.items() if branch and keys.on_push == branch)

    @property
    def required(self) -> tuple[str, ...]:
        """Every environment whose check each pull request gets, in the file's order."""
        return tuple(name for name, keys in self.keys.items() if keys.required)

    def resolve(self, environment: str, proposed: Manifest | None = None) -> EnvironmentPlan:
        """Return the plan for one of `environments`; raises KeyError for any other.

        This manifest is the default branch's. Of `proposed`, the deployed commit's own, only the
        keys that a pull request may change are taken; the rest becomes notes.
        """
        keys, notes = self.keys[environment], ()
        if proposed is None:
            return plan(environment, keys, notes)
        return plan(environment, *with_commit(keys, proposed.keys.get(environment)))


def parse(text: str, window: timedelta = timedelta()) -> Manifest | tuple[Problem, ...]:
    """Read a deploy.yaml, whose bakes must last at least a metric window; never raises."""
    root = compose(text)
    if isinstance(root, tuple):
        return root
    environments = read_file(root, window)
    if isinstance(environments, tuple):
        return environments
    return Manifest(environments, services_of(root))
