"""What an environment ran before: where a rollback goes, and what is not to come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.model import Environment, Refusal, Release, ReleasedService
from bot.core.reasons import Reason
from bot.core.rejected import Rejected, RejectedService

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.rejected import Content

KEPT = 20
"""Releases, and rejections, that an environment remembers."""


def called(release: Release) -> str:
    """Return what people know a release by."""
    return release.sha[:7] or "what others had deployed"


def earlier(environment: Environment, ref: str) -> Release | Refusal:
    """Return the release of a commit, or the newest before the live one that was not taken back."""
    if ref:
        return _named(environment, ref)
    good = [r for r in _good(environment) if _contents(r) != _contents(environment.live)]
    if good:
        return good[0]
    return Refusal(
        code=Reason.NO_RELEASE,
        reason=f"`{environment.name}` has no earlier release to return to",
        commands=_offers(environment),
    )


def before(live: Release | None, deployment: Deployment) -> Release | None:
    """Return what ran when a deployment came: what is on record, and what it adopted of others'."""
    known = live.services if live else {}
    adopted = {
        service.plan.name: ReleasedService(
            revision=service.stable,
            digest=service.stable_digest,
            settings_hash="",
            sha="",
            deployment=deployment.id,
            adopted=True,
        )
        for service in deployment.services
        if service.changed and service.stable and service.plan.name not in known
    }
    if deployment.restores or not adopted:
        return live
    nothing = Release(deployment="", sha="", number=None, at=deployment.created_at, services={})
    return replace(live or nothing, services={**known, **adopted})


def released(environment: Environment, release: Release) -> Environment:
    """Return the environment with a release live, and what ran before it remembered."""
    former = environment.live
    past = (former, *environment.past)[:KEPT] if former else environment.past
    return replace(environment, live=release, previous=former, past=past)


def taken_back(environment: Environment) -> Environment:
    """Return the environment after its live release lost its traffic to the one before it."""
    live, *older = environment.past or (environment.previous,)
    former = older[0] if older else None
    return replace(environment, live=live, previous=former, past=tuple(filter(None, older)))


def rejecting(environment: Environment, rejected: Rejected) -> Environment:
    """Return the environment that remembers something not to be rolled out again."""
    others = (one for one in environment.rejected if one.deployment != rejected.deployment)
    return replace(environment, rejected=(rejected, *others)[:KEPT])


def of_services(
    deployment: Deployment, services: Iterable[ServiceRollout], why: str, now: datetime
) -> Rejected:
    """Return what a deployment put there, as something to be remembered."""
    return Rejected(
        deployment=deployment.id,
        sha=deployment.sha,
        at=now,
        why=why,
        services={
            service.plan.name: RejectedService(
                digest=service.digest,
                settings_hash=service.settings_hash,
                secrets=service.secrets,
            )
            for service in services
        },
    )


def of_release(live: Release, target: Release, now: datetime) -> Rejected:
    """Return what of the live release a rollback leaves behind."""
    return Rejected(
        deployment=live.deployment,
        sha=live.sha,
        at=now,
        why="rolled back",
        services={
            name: RejectedService(
                digest=one.digest, settings_hash=one.settings_hash, secrets=one.secrets
            )
            for name, one in differing(live, target).items()
        },
    )


def differing(live: Release, target: Release) -> dict[str, ReleasedService]:
    """Return the live services that are not what they are in another release."""
    there, here = _contents(target), _contents(live)
    return {name: live.services[name] for name in here if here[name] != there.get(name)}


def _named(environment: Environment, ref: str) -> Release | Refusal:
    known = (environment.live, *environment.past)
    found = [release for release in known if release and release.sha.startswith(ref)]
    if len({release.sha for release in found}) == 1:
        return found[0]
    many = "several releases" if found else "no release"
    return Refusal(
        code=Reason.NO_RELEASE,
        reason=f"`{environment.name}` had {many} of a commit that begins with `{ref}`",
        remedy=f"the last {KEPT} releases are remembered",
        commands=_offers(environment),
    )


def _good(environment: Environment) -> list[Release]:
    past, rejected = environment.past, environment.rejected
    return [one for one in past if not any(bad.is_in(_contents(one)) for bad in rejected)]


def _contents(release: Release | None) -> dict[str, Content]:
    services = release.services if release else {}
    return {name: one.content for name, one in services.items()}


def _offers(environment: Environment) -> tuple[str, ...]:
    shas = dict.fromkeys(release.sha[:7] for release in environment.past if release.sha)
    offers = tuple(f"/rollback {environment.name} to {sha}" for sha in list(shas)[:2])
    return (*offers, f"/history {environment.name}")
