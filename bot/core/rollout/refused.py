"""What people are told when the outside world, or whoever operates it, says no for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, Failure, FailureCode, Phase

if TYPE_CHECKING:
    from bot.core.action import Rejected

NO_RIGHT = (
    "whoever operates Spillway here: the consumer's account lacks a right; docs/operating.md lists "
    "those it needs"
)
BUILD = (
    "change what Cloud Build names in cloudbuild.yaml; a project that may not build in this region "
    "needs `build_region` in deploy.yaml"
)


def setting_of(service: str) -> str:
    """Return what to do about a setting that Cloud Run does not take."""
    return (
        f"change what Cloud Run names, under `cloud_run` of {service} in deploy.yaml or on the "
        "service itself"
    )


def refused(deployment: Deployment, said: Rejected) -> Failure:
    """Return the failure of a deployment that meets this refusal."""
    if said.unsuitable:
        return _unsuitable(deployment, said)
    if said.forbidden:
        return _forbidden(said)
    building = deployment.phase is Phase.BUILDING
    system, remedy = ("Cloud Build", BUILD) if building else ("Cloud Run", setting_of(said.service))
    return Failure(
        code=FailureCode.REJECTED,
        service=said.service,
        reason=f"{system} refused the request for {said.service}",
        remedy=NO_RIGHT if said.denied else remedy,
        detail=said.detail,
        logs=(),
    )


def _forbidden(said: Rejected) -> Failure:
    return Failure(
        code=FailureCode.NOT_ALLOWED,
        service=said.service,
        reason=f"the operator's settings do not let {said.service} be changed from here",
        remedy="whoever operates Spillway here can allow it",
        detail=said.detail,
        logs=(),
    )


def _unsuitable(deployment: Deployment, said: Rejected) -> Failure:
    return Failure(
        code=FailureCode.BAD_SOURCE,
        service=said.service,
        reason=f"commit {deployment.sha[:7]} holds what must not be unpacked for a build",
        remedy="take it out of the commit: links stay within the repository, files below 2 GiB",
        detail=said.detail,
        logs=(),
    )
