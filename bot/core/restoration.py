"""From a wish to go back to the deployment that does it: the services of an earlier release."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core.admission import deployment_id
from bot.core.configuration import EnvironmentPlan
from bot.core.deployment import Deployment, ServiceRollout
from bot.core.model import Release
from bot.core.rejected import Rejected
from bot.core.releases import called
from bot.core.rollout.labels import canary_tag

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.model import Ask, ReleasedService
    from bot.core.route import Sampling


class Return(Struct, frozen=True, kw_only=True):
    """What somebody wants to return to, and from what."""

    release: Release
    away_from: Rejected | None
    plan: EnvironmentPlan
    """The environment as the default branch has it now: gates and addresses."""
    trusted_sha: str
    command: str
    makers: Mapping[str, Deployment]
    """Service → the deployment that made its revision."""


def unknown(release: Release, makers: Mapping[str, Deployment]) -> tuple[str, ...]:
    """Return the services of a release of which nobody knows any more how they were made."""
    return tuple(name for name in release.services if _made(makers, name) is None)


def restoration(ask: Ask, wish: Return, sampling: Sampling, now: datetime) -> Deployment:
    """Return the deployment; the same ask always gives the same id, so it is made once."""
    name = deployment_id(ask, wish.plan.name)
    release = wish.release
    services = tuple(
        _service(one, _known(wish.makers, service), name)
        for service, one in release.services.items()
    )
    return Deployment(
        id=name,
        repository=ask.repository,
        environment=wish.plan.name,
        sha=release.sha or (wish.away_from.sha if wish.away_from else wish.trusted_sha),
        trusted_sha=wish.trusted_sha,
        actor=ask.actor,
        ask=ask.key,
        number=ask.number,
        comment_id=ask.comment_id,
        created_at=now,
        phase_since=now,
        wake_at=now,
        plan=_plan(wish, services),
        cloudbuild="",
        command=wish.command,
        sampling=sampling,
        services=services,
        restores=release,
        away_from=wish.away_from,
        skips=_why(ask, wish),
    )


def _why(ask: Ask, wish: Return) -> str:
    left = f" from {wish.away_from.sha[:7]}" if wish.away_from else ""
    return f"rolled back{left} to {called(wish.release)} by {ask.actor}"


def _plan(wish: Return, services: tuple[ServiceRollout, ...]) -> EnvironmentPlan:
    """One step, no watch: this is where people know that it serves well."""
    plans = tuple(service.plan for service in services)
    rollout = replace(wish.plan.rollout, steps=(100,), watch=timedelta(), approve=())
    return replace(
        wish.plan,
        services=plans,
        addresses=wish.plan.addresses | {plan.name: plan.key for plan in plans},
        rollout=rollout,
        notes=(),
    )


def _service(one: ReleasedService, made: ServiceRollout, deployment: str) -> ServiceRollout:
    """Return a service on its way back; an image of others is none that we make or name."""
    return ServiceRollout(
        plan=replace(made.plan, level=0),
        settings_hash=one.settings_hash,
        reuse_key=made.reuse_key,
        digest="" if one.adopted else one.digest,
        secrets=one.secrets,
        revision=one.revision,
        tag=canary_tag(deployment),
    )


def _known(makers: Mapping[str, Deployment], name: str) -> ServiceRollout:
    made = _made(makers, name)
    assert made is not None  # noqa: S101  # `unknown` has been asked before
    return made


def _made(makers: Mapping[str, Deployment], name: str) -> ServiceRollout | None:
    maker = makers.get(name)
    services = maker.services if maker else ()
    return next((service for service in services if service.plan.name == name), None)
