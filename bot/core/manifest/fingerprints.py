"""Two hashes that decide whether anything has to be done: of settings, and of what is built."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.configuration import ServicePlan


def settings_hash(plan: ServicePlan) -> str:
    """Return 16 hex digits that change exactly when a service's resolved settings do."""
    return _digest(plan.cloud_run)[:16]


def reuse_key(plan: ServicePlan, trees: Mapping[str, str], cloudbuild: str) -> str:
    """Return 32 hex digits that stay while a build would make the same image.

    `trees` maps the service's paths to their git tree ids in the commit; a path that the commit
    lacks counts as empty. `cloudbuild` is the text of the trusted cloudbuild.yaml.
    """
    folders = {path: trees.get(path, "") for path in (plan.path, *plan.also)}
    return _digest((plan.name, plan.path, folders, cloudbuild, plan.image))[:32]


def _digest(value: object) -> str:
    return sha256(json.encode(value, order="deterministic")).hexdigest()
