"""Cloud Build on the wire of the real client, over both transports."""

from __future__ import annotations

import io
import json
import tarfile
from functools import partial
from typing import TYPE_CHECKING

import pytest
from google.api_core import exceptions
from google.cloud.devtools import cloudbuild_v1
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.pubsub_v1 import PublisherClient, SubscriberClient

if TYPE_CHECKING:
    from tests.localcloud.google.conftest import Client, Until, World

PARENT = "projects/demo/locations/asia-northeast3"
DOCKER = "gcr.io/cloud-builders/docker"
IMAGE = "asia-northeast3-docker.pkg.dev/demo/backend/web"
SOURCE = {"services/web/Dockerfile": "FROM python:3.12\n", "services/web/app.py": "print()\n"}
Status = cloudbuild_v1.Build.Status
Kind = cloudbuild_v1.Build.FailureInfo.FailureType


@pytest.fixture
def builds(world: World, transport: str) -> Client:
    return world.client(cloudbuild_v1.CloudBuildClient, transport)


def _build(world: World, dockerfile: str = "FROM python:3.12\n", **fields: object) -> Client:
    bucket, name = world.upload_source({**SOURCE, "services/web/Dockerfile": dockerfile})
    settings = {
        "source": {"storage_source": {"bucket": bucket, "object_": name}},
        "steps": [
            {
                "name": DOCKER,
                "args": ["build", "-t", "$_IMAGE:$_SHA", "--build-arg", "SHA=${_SHA}", "."],
                "dir_": "services/web",
            }
        ],
        "images": ["$_IMAGE:$_SHA"],
        "substitutions": {"_IMAGE": IMAGE, "_SHA": "abc123"},
        "tags": ["run-1"],
    }
    return cloudbuild_v1.Build({**settings, **fields})


def _create(builds: Client, build: Client) -> Client:
    """Start a regional build and return its id."""
    request = cloudbuild_v1.CreateBuildRequest(parent=PARENT, project_id="demo", build=build)
    return builds.create_build(request=request).metadata.build


def _get(builds: Client, build: Client) -> Client:
    return builds.get_build(request=cloudbuild_v1.GetBuildRequest(name=build.name))


def _ended(builds: Client, build: Client) -> Client:
    found = _get(builds, build)
    return found if found.status not in {Status.QUEUED, Status.WORKING} else None


def test_a_build_is_made_pushed_and_found_by_its_tag(
    world: World, builds: Client, until: Until
) -> None:
    started = _create(builds, _build(world))
    assert started.name.startswith(f"{PARENT}/builds/")
    done = until(lambda: _ended(builds, started))
    assert done.status == Status.SUCCESS
    assert done.images == [f"{IMAGE}:abc123"]
    assert done.results.images[0].name == f"{IMAGE}:abc123"
    assert world.images.tags[f"{IMAGE}:abc123"] == done.results.images[0].digest
    assert world.images.built == [{"SHA": "abc123"}]
    for query, found in (('tags="run-1"', 1), ('tags="run-2"', 0), ('status="SUCCESS"', 1)):
        request = cloudbuild_v1.ListBuildsRequest(parent=PARENT, project_id="demo", filter=query)
        assert len(list(builds.list_builds(request=request))) == found


def test_a_global_build_can_be_waited_for(world: World, builds: Client) -> None:
    operation = builds.create_build(project_id="demo", build=_build(world))
    done = operation.result(timeout=10)
    assert done.status == Status.SUCCESS
    assert builds.get_build(project_id="demo", id=done.id).status == Status.SUCCESS


def test_a_failing_step_is_named_with_its_log(world: World, builds: Client, until: Until) -> None:
    started = _create(builds, _build(world, "FROM python:3.12\nRUN FAIL\n"))
    done = until(lambda: _ended(builds, started))
    assert done.status == Status.FAILURE
    assert done.failure_info.type_ == Kind.USER_BUILD_STEP
    assert 'build step 0 "gcr.io/cloud-builders/docker" failed' in done.failure_info.detail
    assert "no such package" in done.failure_info.detail
    assert done.steps[0].status == Status.FAILURE
    assert not world.images.tags
    logging = world.client(LoggingServiceV2Client, "grpc")
    query = f'resource.type="build" AND resource.labels.build_id="{started.id}"'
    request = {"resource_names": ["projects/demo"], "filter": query}
    lines = [entry.text_payload for entry in logging.list_log_entries(request=request)]
    assert "Step #0: ERROR: RUN pip install failed: no such package" in lines


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"name": "gcr.io/cloud-builders/gcloud", "args": ["run"]}, "only the docker builder"),
        ({"name": DOCKER, "entrypoint": "bash", "args": ["-c", "ls"]}, "entrypoint 'bash'"),
        ({"name": DOCKER, "args": ["run", "x"]}, "docker run"),
        ({"name": DOCKER, "args": ["build", "-f", "../../etc/passwd", "."]}, "stay within"),
        ({"name": DOCKER, "args": ["build", "--squash", "."]}, "--squash"),
        ({"name": DOCKER, "args": ["push", "never/built"]}, "does not exist locally"),
    ],
)
def test_a_step_that_cannot_be_run_fails_the_build_by_name(
    world: World, until: Until, step: dict[str, object], reason: str
) -> None:
    builds = world.client(cloudbuild_v1.CloudBuildClient, "grpc")
    wanted = _build(world, steps=[step], images=[], substitutions={})
    started = _create(builds, wanted)
    done = until(lambda: _ended(builds, started))
    assert (done.status, done.failure_info.type_) == (Status.FAILURE, Kind.USER_BUILD_STEP)
    assert reason in done.failure_info.detail


def test_a_running_build_is_cancelled(world: World, builds: Client) -> None:
    started = _create(builds, _build(world, "WAIT"))
    assert world.images.waiting.wait(10)
    request = cloudbuild_v1.CancelBuildRequest(name=started.name, project_id="demo", id=started.id)
    assert builds.cancel_build(request=request).status == Status.CANCELLED
    assert _get(builds, started).status == Status.CANCELLED
    with pytest.raises(exceptions.GoogleAPICallError, match="Cannot cancel build"):
        builds.cancel_build(request=request)


def test_a_build_that_takes_too_long_times_out(world: World, builds: Client, until: Until) -> None:
    started = _create(builds, _build(world, "WAIT", timeout={"seconds": 1}))
    assert until(lambda: _ended(builds, started)).status == Status.TIMEOUT


def test_unknown_and_unused_substitutions_are_refused_unless_loose(
    world: World, builds: Client
) -> None:
    unknown = _build(world, substitutions={"_IMAGE": IMAGE})
    with pytest.raises(exceptions.BadRequest, match="_SHA"):
        _create(builds, unknown)
    unused = _build(world, substitutions={"_IMAGE": IMAGE, "_SHA": "a", "_PATH": "b"})
    with pytest.raises(exceptions.BadRequest, match="_PATH"):
        _create(builds, unused)
    loose = {"substitution_option": "ALLOW_LOOSE"}
    assert _create(builds, _build(world, substitutions=unused.substitutions, options=loose)).id


def test_missing_and_hostile_sources_fail_the_fetch(world: World, until: Until) -> None:
    builds = world.client(cloudbuild_v1.CloudBuildClient, "grpc")
    client = world.storage()
    absent = {"storage_source": {"bucket": "sources", "object_": "none.tgz"}}
    started = _create(builds, _build(world, source=absent))
    done = until(partial(_ended, builds, started))
    assert done.failure_info.type_ == Kind.FETCH_SOURCE_FAILED
    for name, link in (("../out", ""), ("/abs", ""), ("a", "../../etc"), ("b", "/etc")):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE if link else tarfile.REGTYPE), link
            archive.addfile(member)
        client.bucket("sources").blob("bad.tar").upload_from_string(buffer.getvalue())
        bad = {"storage_source": {"bucket": "sources", "object_": "bad.tar"}}
        started = _create(builds, _build(world, source=bad))
        done = until(partial(_ended, builds, started))
        assert done.failure_info.type_ == Kind.FETCH_SOURCE_FAILED, name
    client.close()


def test_every_status_is_announced_on_the_topic(world: World, builds: Client, until: Until) -> None:
    publisher = world.client(PublisherClient, "grpc")
    subscriber = world.client(SubscriberClient, "grpc")
    topic, name = "projects/demo/topics/cloud-builds", "projects/demo/subscriptions/builds"
    publisher.create_topic(name=topic)
    subscriber.create_subscription(name=name, topic=topic)
    started = _create(builds, _build(world))
    until(lambda: _ended(builds, started))
    seen: list[tuple[str, str]] = []
    while len(seen) < 3:
        for one in subscriber.pull(subscription=name, max_messages=10).received_messages:
            body = json.loads(one.message.data)
            assert one.message.attributes["buildId"] == body["id"] == started.id
            seen.append((one.message.attributes["status"], body["status"]))
    assert [status for status, _ in seen] == ["QUEUED", "WORKING", "SUCCESS"]
    assert all(status == in_body for status, in_body in seen)


def test_a_restart_runs_an_interrupted_build_again(world: World) -> None:
    builds = world.client(cloudbuild_v1.CloudBuildClient, "grpc")
    started = _create(builds, _build(world, "WAIT"))
    assert world.images.waiting.wait(10)
    world.images.waiting.clear()
    world.restart()
    builds = world.client(cloudbuild_v1.CloudBuildClient, "grpc")
    assert world.images.waiting.wait(10)
    assert _get(builds, started).status == Status.WORKING
