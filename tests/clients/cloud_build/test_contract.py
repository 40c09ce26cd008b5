"""The port `Builds`, over the wire against the local Google."""

from __future__ import annotations

import json
import threading
from itertools import count
from typing import TYPE_CHECKING

import pytest
from google.cloud.devtools import cloudbuild_v1

from bot.clients.cloud_build import CloudBuildClient
from bot.clients.endpoint import rest
from bot.core.action import BuildOver, BuildStarted, CancelBuild, Rejected, StartBuild
from bot.core.sight import BuildSeen, BuildState
from bot.ports import Transient

if TYPE_CHECKING:
    from tests.clients.answering import Answers

SHA = "0123456789abcdef0123456789abcdef01234567"
IMAGE = "us-central1-docker.pkg.dev/demo/backend/ai-service"
PARENT = "projects/demo/locations/us-central1"
FILE = """
steps:
  - id: build
    name: gcr.io/cloud-builders/docker
    args: [build, -t, "${_IMAGE}:${_SHA}", "${_PATH}"]
images: ["${_IMAGE}:${_SHA}"]
tags: [of-the-file]
substitutions: {_SHA: overridden, _EXTRA: "1"}
"""
NUMBERS = count(1)


@pytest.fixture
def client(google_url: str) -> CloudBuildClient:
    return CloudBuildClient(google_url)


@pytest.fixture
def gcloud(google_url: str) -> cloudbuild_v1.CloudBuildClient:
    """Somebody else, at the same builds."""
    return rest(cloudbuild_v1.CloudBuildClient, google_url)


def wanted(**changed: object) -> StartBuild:
    fields = {
        "service": "ai-service",
        "project": "demo",
        "region": "us-central1",
        "sha": SHA,
        "path": "services/ai-service",
        "image": IMAGE,
        "cloudbuild": FILE,
        "build_tag": f"spillway-d{next(NUMBERS)}-ai-service",
        "look_up": False,
    }
    return StartBuild(**{**fields, **changed})


def started(client: CloudBuildClient, action: StartBuild, source: str) -> str:
    outcome = client.start(action, source)
    assert isinstance(outcome, BuildStarted), outcome
    assert outcome.service == action.service
    return outcome.build


def ended(client: CloudBuildClient, name: str, image: str = f"{IMAGE}:{SHA}") -> BuildSeen:
    for _ in range(1000):
        seen = client.build(name, image)
        if seen.state is not BuildState.RUNNING:
            return seen
        threading.Event().wait(0.01)
    pytest.fail("the build never ended")


def with_tag(gcloud: cloudbuild_v1.CloudBuildClient, tag: str) -> list[str]:
    request = cloudbuild_v1.ListBuildsRequest(parent=PARENT, filter=f'tags="{tag}"')
    return [build.id for build in gcloud.list_builds(request) if tag in build.tags]


def test_a_build_is_made_from_the_commit_and_read_by_its_full_name(
    client: CloudBuildClient, gcloud: cloudbuild_v1.CloudBuildClient, source: str
) -> None:
    action = wanted()
    name = started(client, action, source)
    assert name.startswith(f"{PARENT}/builds/")
    build = gcloud.get_build(cloudbuild_v1.GetBuildRequest(name=name))
    assert dict(build.substitutions) == {
        "_SERVICE": "ai-service",
        "_PATH": "services/ai-service",
        "_IMAGE": IMAGE,
        "_SHA": SHA,
        "_EXTRA": "1",
    }
    assert build.options.substitution_option.name == "ALLOW_LOOSE"
    assert set(build.tags) == {"of-the-file", "spillway", action.build_tag}
    stored = build.source.storage_source
    assert f"gs://{stored.bucket}/{stored.object_}" == source


def test_a_build_that_succeeded_has_the_digest_of_the_image(
    client: CloudBuildClient, source: str
) -> None:
    name = started(client, wanted(), source)
    seen = ended(client, name)
    assert (seen.name, seen.state, seen.detail) == (name, BuildState.SUCCEEDED, "")
    assert seen.digest.startswith("sha256:")
    assert seen.log_url.startswith("http")
    assert client.build(name, f"{IMAGE}:other").digest == ""


def test_a_build_that_failed_says_which_step_and_why(client: CloudBuildClient, source: str) -> None:
    seen = ended(client, started(client, wanted(path="services/broken"), source))
    assert (seen.state, seen.digest) == (BuildState.FAILED, "")
    assert seen.detail.startswith("FAILURE; ")
    assert seen.detail.count("the compiler is unhappy") == 1
    assert "step 'build'" in seen.detail


def test_after_an_unknown_outcome_the_build_is_found_by_its_tag(
    client: CloudBuildClient, gcloud: cloudbuild_v1.CloudBuildClient, source: str
) -> None:
    action = wanted(look_up=True)
    first = started(client, action, source)
    assert started(client, action, source) == first
    assert with_tag(gcloud, action.build_tag) == [first.rpartition("/")[2]]
    assert started(client, wanted(look_up=True), source) != first


def test_of_several_the_newest_that_nobody_cancelled_counts(
    client: CloudBuildClient, gcloud: cloudbuild_v1.CloudBuildClient, source: str
) -> None:
    action = wanted(path="services/held")
    names = [started(client, action, source) for _ in range(3)]
    again = wanted(build_tag=action.build_tag, look_up=True)
    for newest, before in ((names[2], names[1]), (names[1], names[0])):
        assert started(client, again, source) == newest
        gcloud.cancel_build(cloudbuild_v1.CancelBuildRequest(name=newest))
        assert started(client, again, source) == before
    gcloud.cancel_build(cloudbuild_v1.CancelBuildRequest(name=names[0]))
    cancelled = ended(client, names[2])
    assert (cancelled.state, cancelled.detail) == (BuildState.FAILED, "CANCELLED")


def test_a_build_that_nobody_knows_has_failed(client: CloudBuildClient) -> None:
    seen = client.build(f"{PARENT}/builds/00000000-0000-4000-8000-000000000000", IMAGE)
    assert seen.state is BuildState.FAILED
    assert seen.detail


def test_a_broken_file_starts_nothing(
    client: CloudBuildClient, gcloud: cloudbuild_v1.CloudBuildClient, source: str
) -> None:
    action = wanted(cloudbuild="steps: [{name: x}]\nimagez: []")
    outcome = client.start(action, source)
    assert isinstance(outcome, Rejected)
    assert "did you mean images?" in outcome.detail
    assert "images: is missing" in outcome.detail
    assert with_tag(gcloud, action.build_tag) == []


def test_the_problems_of_a_file_are_told_without_a_build(client: CloudBuildClient) -> None:
    assert client.problems(FILE) == ()
    assert len(client.problems("[]")) == 1


def test_what_cloud_build_refuses_is_rejected_with_its_words(
    client: CloudBuildClient, source: str
) -> None:
    for_ever = f"{FILE}timeout: 90000s\n"
    outcome = client.start(wanted(cloudbuild=for_ever), source)
    assert isinstance(outcome, Rejected)
    assert "timeout" in outcome.detail
    assert "http://" not in outcome.detail


def cancelled(action: StartBuild, build: str = "") -> CancelBuild:
    return CancelBuild(
        service=action.service,
        project=action.project,
        region=action.region,
        build=build,
        build_tag=action.build_tag,
    )


def test_a_start_that_names_no_build_is_asked_for_again(answers: Answers, source: str) -> None:
    client = CloudBuildClient(answers.url)
    for body in (b"{}", b'{"name": "operations/build/demo/1"}'):
        answers.body = body
        with pytest.raises(Transient, match="does not say which build"):
            client.start(wanted(), source)


def test_builds_that_say_little_are_told_apart(answers: Answers, source: str) -> None:
    action = wanted(look_up=True)
    one = {"tags": [action.build_tag]}
    timed = {**one, "id": "new", "createTime": "2026-03-04T12:00:00Z"}
    answers.body = json.dumps({"builds": [one, {**one, "id": "old"}, timed]}).encode()
    assert started(CloudBuildClient(answers.url), action, source).endswith("/builds/new")


@pytest.mark.parametrize("known", [True, False], ids=["by its name", "by its tag"])
def test_a_build_is_cancelled(client: CloudBuildClient, source: str, *, known: bool) -> None:
    action = wanted(path="services/held")
    name = started(client, action, source)
    over = client.cancel(cancelled(action, name if known else ""))
    assert over == BuildOver(service="ai-service")
    seen = ended(client, name)
    assert (seen.state, "CANCELLED" in seen.detail) == (BuildState.FAILED, True)


def test_cancelling_what_has_ended_or_never_was_is_no_trouble(
    client: CloudBuildClient, source: str
) -> None:
    action = wanted()
    name = started(client, action, source)
    ended(client, name)
    for action_of in (cancelled(action, name), cancelled(action), cancelled(wanted())):
        assert client.cancel(action_of) == BuildOver(service="ai-service")
