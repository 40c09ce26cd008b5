"""What Cloud Build says about a build, in the words of `bot.core.sight`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud.devtools import cloudbuild_v1

from bot.core.sight import BuildFault, BuildSeen, BuildState

if TYPE_CHECKING:
    from collections.abc import Iterator

Status = cloudbuild_v1.Build.Status
FAILED = (
    Status.FAILURE,
    Status.INTERNAL_ERROR,
    Status.TIMEOUT,
    Status.CANCELLED,
    Status.EXPIRED,
)
Kind = cloudbuild_v1.Build.FailureInfo.FailureType
STATUSES = {
    Status.TIMEOUT: BuildFault.TIMED_OUT,
    Status.EXPIRED: BuildFault.EXPIRED,
    Status.CANCELLED: BuildFault.CANCELLED,
}
FAULTS = {
    Kind.USER_BUILD_STEP: BuildFault.STEP,
    Kind.PUSH_NOT_AUTHORIZED: BuildFault.PUSH_DENIED,
    Kind.PUSH_FAILED: BuildFault.PUSH_DENIED,
    Kind.PUSH_IMAGE_NOT_FOUND: BuildFault.IMAGE_MISSING,
    Kind.FETCH_SOURCE_FAILED: BuildFault.SOURCE,
}
"""https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#failuretype"""


def build_seen(name: str, build: cloudbuild_v1.Build, image: str) -> BuildSeen:
    """Return a build with the digest of one of its images, or with the reason of its failure."""
    state = _state(build)
    return BuildSeen(
        name=name,
        state=state,
        digest=_digest(build, image) if state is BuildState.SUCCEEDED else "",
        detail="; ".join(_failure(build)) if state is BuildState.FAILED else "",
        fault=_fault(build) if state is BuildState.FAILED else BuildFault.OTHER,
        log_url=build.log_url,
    )


def _fault(build: cloudbuild_v1.Build) -> BuildFault:
    by_status = STATUSES.get(build.status)
    return by_status or FAULTS.get(build.failure_info.type_, BuildFault.OTHER)


def _state(build: cloudbuild_v1.Build) -> BuildState:
    if build.status == Status.SUCCESS:
        return BuildState.SUCCEEDED
    return BuildState.FAILED if build.status in FAILED else BuildState.RUNNING


def _digest(build: cloudbuild_v1.Build, image: str) -> str:
    """Return the digest that was pushed under exactly this name and tag, or nothing."""
    return next((made.digest for made in build.results.images if made.name == image), "")


def _failure(build: cloudbuild_v1.Build) -> Iterator[str]:
    """Yield the status, Google's words for it, and the step that failed."""
    yield build.status.name
    yield from _said(build)
    for step in build.steps:
        if step.status in FAILED:
            name = step.id or step.name
            end = f"ended with {step.exit_code}" if step.exit_code else f"was {step.status.name}"
            yield f"step {name!r} {end}"


def _said(build: cloudbuild_v1.Build) -> list[str]:
    """Return Google's own words, where they are given twice the longer ones."""
    brief, longer = sorted((build.status_detail, build.failure_info.detail), key=len)
    return [words for words in ([longer] if brief in longer else [brief, longer]) if words]
