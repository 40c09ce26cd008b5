"""Secrets by version: what `latest` meant at the start, so that a rollback reads the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.configuration import CloudRun
    from bot.core.deployment import ServiceRollout

LATEST = ":latest"


def floating(settings: CloudRun) -> tuple[str, ...]:
    """Return the secrets that deploy.yaml names without a version of their own."""
    named = settings.secrets.values()
    return tuple(sorted({one.removesuffix(LATEST) for one in named if one.endswith(LATEST)}))


def pinned(settings: CloudRun, versions: Mapping[str, str]) -> CloudRun:
    """Return the settings with versions in place of `latest`, where they are known."""
    secrets = {
        place: f"{name}:{versions[name]}" if kept == "latest" and name in versions else reference
        for place, reference in settings.secrets.items()
        for name, _, kept in [reference.rpartition(":")]
    }
    return replace(settings, secrets=secrets)


def fingerprint(service: ServiceRollout) -> str:
    """Return 8 hex digits that change when a version does; nothing without any."""
    if not service.secrets:
        return ""
    said = ",".join(f"{name}:{version}" for name, version in sorted(service.secrets.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:8]
