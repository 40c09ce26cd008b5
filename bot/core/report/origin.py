"""How a deployment's words begin: what goes where, because of whom, and what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, Phase
from bot.core.releases import called
from bot.core.report.phrases import plain
from bot.core.rollout.turn import COMPARED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.model import Release


def origin(deployment: Deployment, place: int) -> Iterator[str]:
    """Yield what stands first, one paragraph each."""
    yield _asked(deployment)
    if place and deployment.waiting == COMPARED:
        yield (
            f"Waiting (position {place}): what is live in {deployment.environment} is "
            f"{COMPARED}. It starts by itself after that. "
            f"`/rollback {deployment.environment}` does not wait."
        )
    elif place and deployment.waiting:
        yield (
            f"Waiting (position {place}): {deployment.environment} is "
            f"{plain(deployment.waiting)}. It starts by itself once unlocked."
        )
    elif place:
        yield f"Waiting for the deployments before it (position {place}). It starts by itself."
    if deployment.phase is Phase.UNCHANGED and deployment.restores:
        yield "Every service already has all its traffic on that release."
    elif deployment.phase is Phase.UNCHANGED:
        yield "Every service already runs this input with these settings."


def _asked(deployment: Deployment) -> str:
    if deployment.restores:
        return _going_back(deployment, deployment.restores)
    return (
        f"Commit {deployment.sha} asked for by @{deployment.actor}. "
        f"Deployment `{deployment.id}`, rules from `{deployment.trusted_sha[:7]}`."
    )


def _revisions(release: Release) -> str:
    """Return where the traffic goes: what others made is named, as no commit says what it is."""
    if release.sha:
        return (
            "the revisions of that release, and what is gone is made again from its image and "
            "settings"
        )
    return ", ".join(f"`{service.revision}`" for service in release.services.values())


def _going_back(deployment: Deployment, release: Release) -> str:
    away = deployment.away_from
    left = f" from {away.sha}" if away else ""
    number = f", which came from #{release.number}" if release.number else ""
    said = (
        f"Rollback{left} to {release.sha or called(release)}{number}, asked for by "
        f"@{deployment.actor}. Deployment `{deployment.id}`. Nothing is built: "
        f"traffic goes back to {_revisions(release)}."
    )
    if away is None or deployment.phase not in {Phase.SUCCEEDED, Phase.UNCHANGED}:
        return said
    return (
        f"{said}\n\n`{deployment.environment}` is locked against `{away.sha[:7]}` until another "
        f"commit is deployed or somebody types `/unlock {deployment.environment}`."
    )
