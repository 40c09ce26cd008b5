"""From an ask that may go ahead to the deployment that follows from it, under names of its own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct, field

from bot.core.build_limit import build_limit
from bot.core.configuration import EnvironmentPlan
from bot.core.deployment import Deployment, ServiceRollout
from bot.core.manifest import reuse_key, settings_hash
from bot.core.rollout.labels import canary_tag, revision_name
from bot.core.standing import Standing

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.configuration import ServicePlan
    from bot.core.model import Ask
    from bot.core.route import Sampling


class Admitted(Struct, frozen=True, kw_only=True):
    """What the gates let through: one commit, and the rules that it goes by."""

    sha: str
    trusted_sha: str
    number: int | None
    plan: EnvironmentPlan
    cloudbuild: str
    command: str
    """What to type to ask for the same again."""
    at_once: bool = False
    """To 100 % once it is healthy, without steps."""
    retry: bool = False
    """Also what was taken back before."""
    trees: dict[str, str]
    """Git object id of each path at the commit."""
    digests: dict[str, str] = field(default_factory=dict)
    """Service → an image that was chosen already, and is not built again."""
    standing: Standing | None = None


def deployment(ask: Ask, admitted: Admitted, sampling: Sampling, now: datetime) -> Deployment:
    """Return the deployment; the same ask always gives the same id, so it is made once."""
    name = deployment_id(ask, admitted.plan.name)
    return Deployment(
        id=name,
        repository=ask.repository,
        environment=admitted.plan.name,
        sha=admitted.sha,
        trusted_sha=admitted.trusted_sha,
        actor=ask.actor,
        ask=ask.key,
        number=admitted.number,
        comment_id=ask.comment_id,
        branch=ask.ref,
        retry=admitted.retry,
        skips=f"no steps: {ask.actor} wanted it --now" if admitted.at_once else "",
        created_at=now,
        phase_since=now,
        wake_at=now,
        plan=admitted.plan,
        cloudbuild=admitted.cloudbuild,
        build_limit=build_limit(admitted.cloudbuild),
        command=admitted.command,
        sampling=sampling,
        standing=admitted.standing,
        services=tuple(_service(plan, admitted, name) for plan in admitted.plan.services),
    )


def deployment_id(ask: Ask, environment: str) -> str:
    """Return twelve hex digits that belong to this ask and environment alone."""
    return hashlib.sha256(f"{ask.key} {environment}".encode()).hexdigest()[:12]


def _service(plan: ServicePlan, admitted: Admitted, name: str) -> ServiceRollout:
    return ServiceRollout(
        plan=plan,
        settings_hash=settings_hash(plan),
        reuse_key=reuse_key(plan, admitted.trees, admitted.cloudbuild),
        digest=admitted.digests.get(plan.name, ""),
        revision=revision_name(plan.key.service, admitted.sha, name),
        tag=canary_tag(name),
    )
