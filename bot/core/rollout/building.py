"""Building → staging: one build per service that differs, tagged with the full commit hash."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.core.action import StartBuild
from bot.core.deployment import Deployment, Failure, FailureCode, Phase, ServiceRollout
from bot.core.model import Image, image_key
from bot.core.rollout.memory import came_back
from bot.core.rollout.turn import Turn, enter, fail, service_named, soon, wait, with_service
from bot.core.sight import BuildFault, BuildSeen, BuildState, Sight

GLANCE = timedelta(seconds=30)
"""Cloud Build says when a build changes; this look is for a notification that got lost."""


def look(deployment: Deployment, seen: Sight, now: datetime) -> Turn:
    """Start what is not started, take over digests, stop at the first failure."""
    if seen.replaced_by:
        return Turn(fail(deployment, _replaced(deployment, seen.replaced_by), now))
    deployment = replace(deployment, followed_by=seen.followed_by or deployment.followed_by)
    images: list[Image] = []
    for name, build in seen.builds.items():
        if failure := _failure(name, build):
            over = replace(service_named(deployment, name), build_over=True)
            return Turn(fail(with_service(deployment, over), failure, now))
        if build.state is BuildState.SUCCEEDED:
            service = service_named(deployment, name)
            deployment = with_service(deployment, replace(service, digest=build.digest))
            key = image_key(deployment.repository, service.reuse_key)
            images.append(Image(key=key, digest=build.digest, built_at=now))
    missing = [s for s in deployment.services if s.changed and not s.digest]
    if not missing and (failure := came_back(deployment, seen.memory)):
        return Turn(fail(deployment, failure, now), images=tuple(images))
    if not missing:
        return Turn(enter(deployment, Phase.STAGING, now), images=tuple(images))
    actions = tuple(_start(deployment, s) for s in missing if not s.build)
    for service in missing:
        deployment = with_service(deployment, replace(service, build_asked=True))
    again = any(action.look_up for action in actions)
    until = soon(deployment, now) if again else now + GLANCE
    return Turn(wait(deployment, "build", until), actions, tuple(images))


def image_tag(deployment: Deployment, service: ServiceRollout) -> str:
    """Return the image's name with its tag: always the full commit hash, never `latest`."""
    return f"{service.plan.image}:{deployment.sha}"


def build_tag(deployment: Deployment, service: ServiceRollout) -> str:
    """Return what this deployment's build of a service can be found by."""
    return f"spillway-{deployment.id}-{service.plan.name}"


def _start(deployment: Deployment, service: ServiceRollout) -> StartBuild:
    return StartBuild(
        service=service.plan.name,
        project=service.plan.key.project,
        region=deployment.plan.build_region or service.plan.key.region,
        sha=deployment.sha,
        path=service.plan.path,
        image=service.plan.image,
        cloudbuild=deployment.cloudbuild,
        build_tag=build_tag(deployment, service),
        connected_repository=deployment.plan.connected_repository,
        look_up=service.build_asked,
    )


_NO_IMAGE = "`images:` of cloudbuild.yaml must name what its steps build: `${_IMAGE}:${_SHA}`"
_REMEDIES = {
    BuildFault.STEP: "the last lines of the build say which step failed and why; mend it and push",
    BuildFault.TIMED_OUT: "give the build longer with `timeout:` in cloudbuild.yaml, up to a day, "
    "or make it quicker with a cache or a larger machine",
    BuildFault.EXPIRED: "the build waited for a free machine for too long: try again later, or ask "
    "for more concurrent builds",
    BuildFault.CANCELLED: "somebody cancelled the build; deploy again if it is still wanted",
    BuildFault.PUSH_DENIED: "whoever operates the project gives the build's service account "
    "`roles/artifactregistry.writer` on the image repository, and makes sure that it exists",
    BuildFault.IMAGE_MISSING: _NO_IMAGE,
    BuildFault.SOURCE: "whoever operates the project makes sure that the build's service account "
    "may read the source",
}


def _replaced(deployment: Deployment, head: str) -> Failure:
    """Give up a commit that was taken back while its images were made: nobody looks at it now."""
    return Failure(
        code=FailureCode.COMMIT_REPLACED,
        service="",
        reason=f"the pull request was force-pushed to {head[:7]} meanwhile and holds "
        f"{deployment.sha[:7]} no more",
        remedy="deploy the new head once it is what you want",
        commands=(f"/deploy {deployment.environment} {head[:7]}",),
        logs=(),
    )


def _failure(name: str, build: BuildSeen) -> Failure | None:
    if build.state is BuildState.FAILED:
        reason = f"the build of {name} failed"
    elif build.state is BuildState.SUCCEEDED and not build.digest:
        reason = f"the build of {name} succeeded without pushing the image it was asked for"
    else:
        return None
    return Failure(
        code=FailureCode.BUILD_FAILED,
        service=name,
        reason=reason,
        remedy=_REMEDIES.get(build.fault, "") if build.detail else _NO_IMAGE,
        detail=build.detail,
        link=build.log_url,
    )
