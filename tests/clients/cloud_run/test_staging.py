"""Revisions are made beside stable, over the wire against the local Google."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.cloud import run_v2

from bot.core.action import Accepted, Conflicted, Rejected
from bot.core.configuration import CloudRun, ServiceKey
from bot.core.manifest.relations import LONGEST_SERVICE_NAME
from bot.core.rollout.labels import canary_tag, revision_name
from bot.core.sight import OperationSeen, ServiceSeen
from tests.clients.cloud_run.steps import (
    DEAD,
    GOOD,
    NEXT,
    OURS,
    deployed_by_hand,
    ended,
    made,
    raw,
    released,
    shift,
    split,
    stage,
    tags,
)

if TYPE_CHECKING:
    from bot.clients.cloud_run import CloudRunClient


def test_a_service_that_is_not_there_is_seen_as_missing(
    client: CloudRunClient, key: ServiceKey
) -> None:
    assert client.service(key, ["any"]) == ServiceSeen(exists=False)


def test_a_first_deployment_serves_its_named_revision_but_not_everybody(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    settings = CloudRun(memory="1Gi", allow_unauthenticated=True, labels={"team": "care"})
    seen = made(client, stage(key, "a", cloud_run=settings))
    assert seen.exists
    assert seen.serving == seen.latest_created == f"{key.service}-a"
    assert all(target.type_.name.endswith("LATEST") for target in raw(gcloud, key).traffic)
    assert tags(seen) == {"c-a": "a"}
    assert seen.tag_url("c-a").startswith("http")
    assert seen.uri.startswith("http")
    assert seen.labels == OURS | {"team": "care"}
    revision = seen.revisions[f"{key.service}-a"]
    assert (revision.ready, revision.image) == (True, GOOD)
    assert revision.labels == OURS | {"team": "care"}
    policy = gcloud.get_iam_policy(request={"resource": key.name})
    assert not policy.bindings
    assert raw(gcloud, key).template.containers[0].resources.cpu_idle
    made(client, shift(key, seen, {"a": 100}, drop_tag="c-a"))
    (target,) = raw(gcloud, key).traffic
    assert (target.revision, target.tag) == (f"{key.service}-a", "")


def test_the_next_revision_stands_beside_stable_without_traffic(
    client: CloudRunClient, key: ServiceKey
) -> None:
    first = released(client, key, "a")
    second = made(client, stage(key, "b", first, image=NEXT))
    assert split(second) == {"a": 100}
    assert tags(second) == {"c-b": "b"}
    assert {name.rpartition("-")[2] for name in second.revisions} == {"a", "b"}
    assert second.revisions[f"{key.service}-b"].image == NEXT


def test_a_revision_is_made_beside_a_split_that_stays(
    client: CloudRunClient, key: ServiceKey
) -> None:
    staged = made(client, stage(key, "b", released(client, key, "a"), image=NEXT))
    halves = made(client, shift(key, staged, {"a": 60, "b": 40}))
    seen = made(client, stage(key, "c", halves, stable=f"{key.service}-a"))
    assert (split(seen), seen.tagged("c-c")) == ({"a": 60, "b": 40}, f"{key.service}-c")


def test_a_service_made_by_hand_is_adopted_with_everything_it_has(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    deployed_by_hand(gcloud, key)
    live = client.service(key, [])
    assert live.serving == f"{key.service}-hand"
    settings = CloudRun(memory="1Gi", env={"MODE": "new"}, spec={"template": {"timeout": "9s"}})
    seen = made(client, stage(key, "b", live, image=NEXT, cloud_run=settings))
    service, container = raw(gcloud, key), raw(gcloud, key).template.containers[0]
    assert split(seen) == {"hand": 100}
    assert tags(seen) == {"qa": "hand", "c-b": "b"}
    assert all(t.type_.name.endswith("REVISION") for t in service.traffic)
    assert service.description == "made by hand"
    assert dict(service.labels) == OURS | {"team": "care"}
    assert dict(service.annotations) == {"example.test/owner": "care"}
    assert service.scaling.min_instance_count == 1
    assert service.template.session_affinity
    assert service.template.annotations["example.test/note"] == "n"
    assert service.template.timeout.total_seconds() == 9
    assert {v.name: v.value for v in container.env} == {"BY_HAND": "kept", "MODE": "new"}
    assert dict(container.resources.limits) == {"memory": "1Gi", "cpu": "2"}
    assert (container.ports[0].name, container.ports[0].container_port) == ("h2c", 9000)


def test_the_longest_name_leaves_room_for_tag_and_revision(client: CloudRunClient) -> None:
    key = ServiceKey("demo", "us-central1", "s" * LONGEST_SERVICE_NAME)
    for sha, deployment in (("a" * 40, "0123456789ab"), ("b" * 40, "ba9876543210")):
        named = {
            "revision": revision_name(key.service, sha, deployment),
            "revision_tag": canary_tag(deployment),
        }
        seen = made(client, stage(key, "", client.service(key, []), **named))
        assert seen.tag_url(canary_tag(deployment))


def test_an_edit_since_the_look_is_a_conflict_and_survives(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    live = made(client, stage(key, "a"))
    edit = run_v2.Service(name=key.name, description="edited meanwhile")
    gcloud.update_service(service=edit, update_mask={"paths": ["description"]}).result(timeout=10)
    assert client.stage(stage(key, "b", live)) == Conflicted(service="web")
    assert client.shift(shift(key, live, {"a": 100}, drop_tag="c-a")) == Conflicted(service="web")
    assert raw(gcloud, key).description == "edited meanwhile"
    assert client.service(key, [f"{key.service}-b"]).revisions.keys() == {f"{key.service}-a"}


def test_a_service_that_came_or_went_since_the_look_is_a_conflict(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    live = made(client, stage(key, "a"))
    unseen = stage(key, "b", labels={"spillway-deployment": "d2"})
    assert client.stage(unseen) == Conflicted(service="web")
    gcloud.delete_service(name=key.name).result(timeout=10)
    assert client.stage(stage(key, "b", live)) == Conflicted(service="web")
    assert client.shift(shift(key, live, {"a": 100})) == Conflicted(service="web")


def test_staging_again_is_harmless(client: CloudRunClient, key: ServiceKey) -> None:
    done = Accepted(service="web", operation="", kept=())
    first = stage(key, "a")
    live = made(client, first)
    assert client.stage(first) == done
    second = stage(key, "b", live, image=NEXT)
    outcome = client.stage(second)
    assert client.stage(second) == done
    ended(client, key, outcome)
    seen = client.service(key, [])
    made(client, stage(key, "c", seen))
    assert client.stage(second) == done
    assert client.service(key, []).latest_created == f"{key.service}-c"


def test_a_revision_name_that_others_took_is_refused(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    deployed_by_hand(gcloud, key)
    outcome = client.stage(stage(key, "hand", client.service(key, []), image=NEXT))
    assert isinstance(outcome, Rejected)
    assert "already exists" in outcome.detail


def test_a_revision_that_fails_is_seen_with_its_condition_and_moves_nothing(
    client: CloudRunClient, key: ServiceKey
) -> None:
    live = made(client, stage(key, "a"))
    failed = stage(key, "b", live, image=DEAD)
    operation = ended(client, key, client.stage(failed))
    seen = client.service(key, [failed.revision])
    revision = seen.revisions[failed.revision]
    assert "not ready" in operation.error
    assert revision.ready is False
    assert revision.reason == "HEALTH_CHECK_CONTAINER_ERROR"
    assert "not ready" in revision.message
    assert (split(seen), tags(seen)) == ({"a": 100}, {"c-a": "a"})
    assert not seen.reconciling


def test_the_tag_of_a_failed_revision_does_not_fail_the_next_one(
    client: CloudRunClient, key: ServiceKey
) -> None:
    ended(client, key, client.stage(stage(key, "a", image=DEAD)))
    mended = made(client, stage(key, "b", client.service(key, [])))
    assert (split(mended), tags(mended)) == ({"b": 100}, {"c-b": "b"})
    pinned = made(client, shift(key, mended, {"b": 100}, drop_tag="c-b"))
    ended(client, key, client.stage(stage(key, "c", pinned, image=DEAD)))
    seen = made(client, stage(key, "d", client.service(key, []), image=NEXT))
    assert (split(seen), tags(seen)) == ({"b": 100}, {"c-d": "d"})


def test_the_tag_that_an_abandoned_first_deployment_left_on_latest_goes(
    client: CloudRunClient, key: ServiceKey
) -> None:
    first = made(client, stage(key, "a", revision_tag="c-0a1b"))
    again = made(client, stage(key, "b", first, stable="", image=NEXT))
    assert tags(again) == {"c-b": "b"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (CloudRun(timeout=9999), "timeout"),
        (CloudRun(env={"PORT": "1"}), "PORT"),
        (CloudRun(spec={"tempalte": {}}), "tempalte"),
        (CloudRun(spec={"traffic": []}), "may not set traffic"),
    ],
)
def test_a_setting_that_cannot_be_is_rejected_with_the_reason(
    client: CloudRunClient, key: ServiceKey, settings: CloudRun, words: str
) -> None:
    outcome = client.stage(stage(key, "a", cloud_run=settings))
    assert isinstance(outcome, Rejected)
    assert words in outcome.detail
    assert "http://" not in outcome.detail
    assert not client.service(key, []).exists


def test_an_operation_that_is_forgotten_is_over(client: CloudRunClient, key: ServiceKey) -> None:
    name = "projects/demo/locations/us-central1/operations/forgotten"
    assert client.operation(key, name) == OperationSeen(done=True)
