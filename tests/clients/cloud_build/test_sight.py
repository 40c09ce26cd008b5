"""How a build stands, from Cloud Build's many words for it."""

from __future__ import annotations

import pytest
from google.cloud.devtools.cloudbuild_v1 import Build

from bot.clients.cloud_build.sight import build_seen
from bot.core.sight import BuildFault, BuildState

BUILT = {"images": [{"name": "a/b:1", "digest": "sha256:1"}, {"name": "a/c:1", "digest": "x"}]}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Build.Status.STATUS_UNKNOWN, BuildState.RUNNING),
        (Build.Status.PENDING, BuildState.RUNNING),
        (Build.Status.QUEUED, BuildState.RUNNING),
        (Build.Status.WORKING, BuildState.RUNNING),
        (Build.Status.SUCCESS, BuildState.SUCCEEDED),
        (Build.Status.FAILURE, BuildState.FAILED),
        (Build.Status.INTERNAL_ERROR, BuildState.FAILED),
        (Build.Status.TIMEOUT, BuildState.FAILED),
        (Build.Status.CANCELLED, BuildState.FAILED),
        (Build.Status.EXPIRED, BuildState.FAILED),
    ],
)
def test_every_status_has_its_state(status: int, state: BuildState) -> None:
    assert build_seen("n", Build(status=status), "a/b:1").state is state


def test_only_a_success_has_a_digest() -> None:
    done = Build(status=Build.Status.SUCCESS, results=BUILT)
    assert build_seen("n", done, "a/b:1").digest == "sha256:1"
    assert build_seen("n", done, "a/b").digest == ""
    failed = Build(status=Build.Status.FAILURE, results=BUILT)
    assert build_seen("n", failed, "a/b:1").digest == ""


Kind = Build.FailureInfo.FailureType
FAULTS = {
    BuildFault.STEP: {"status": Build.Status.FAILURE, "kind": Kind.USER_BUILD_STEP},
    BuildFault.PUSH_DENIED: {"status": Build.Status.FAILURE, "kind": Kind.PUSH_NOT_AUTHORIZED},
    BuildFault.IMAGE_MISSING: {"status": Build.Status.FAILURE, "kind": Kind.PUSH_IMAGE_NOT_FOUND},
    BuildFault.SOURCE: {"status": Build.Status.FAILURE, "kind": Kind.FETCH_SOURCE_FAILED},
    BuildFault.TIMED_OUT: {"status": Build.Status.TIMEOUT, "kind": Kind.USER_BUILD_STEP},
    BuildFault.EXPIRED: {"status": Build.Status.EXPIRED, "kind": 0},
    BuildFault.CANCELLED: {"status": Build.Status.CANCELLED, "kind": 0},
    BuildFault.OTHER: {"status": Build.Status.INTERNAL_ERROR, "kind": 0},
}


@pytest.mark.parametrize("fault", BuildFault)
def test_every_failure_is_of_a_kind(fault: BuildFault) -> None:
    said = FAULTS[fault]
    build = Build(status=said["status"], failure_info={"type_": said["kind"]})
    assert build_seen("n", build, "a/b:1").fault is fault


def test_a_failure_is_told_once_in_each_of_its_words() -> None:
    build = Build(
        status=Build.Status.FAILURE,
        status_detail="step failed",
        failure_info={"detail": "step failed"},
        steps=[
            {"name": "git", "status": Build.Status.SUCCESS},
            {"name": "docker", "id": "build", "status": Build.Status.FAILURE, "exit_code": 2},
            {"name": "docker", "status": Build.Status.CANCELLED},
        ],
    )
    seen = build_seen("n", build, "a/b:1")
    assert seen.detail == (
        "FAILURE; step failed; step 'build' ended with 2; step 'docker' was CANCELLED"
    )
