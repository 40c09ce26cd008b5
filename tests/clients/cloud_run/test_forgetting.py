"""What deploy.yaml no longer says, and what only a rolled-back canary said, is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.cloud import run_v2
from google.protobuf.json_format import MessageToDict

from bot.clients.endpoint import rest
from bot.core.configuration import CloudRun, Probe, ServiceKey
from tests.clients.cloud_run.steps import (
    DEAD,
    GOOD,
    NEXT,
    deployed_by_hand,
    ended,
    made,
    raw,
    shift,
    stage,
)

if TYPE_CHECKING:
    from bot.clients.cloud_run import CloudRunClient

EVERYTHING = CloudRun(
    port=9001,
    memory="2Gi",
    cpu=2,
    timeout=30,
    concurrency=7,
    min_instances=1,
    max_instances=3,
    cpu_boost=True,
    service_account="other@demo.iam.test",
    env={"ONLY": "here"},
    command=("run",),
    args=("--fast",),
    ingress="internal",
    vpc_connector="connector",
    vpc_egress="all-traffic",
    execution_environment="gen2",
    session_affinity=True,
    labels={"team": "care"},
    description="listens",
    startup_probe=Probe(http_get="/ready"),
    liveness_probe=Probe(http_get="/alive"),
    spec={
        "launchStage": "BETA",
        "template": {
            "encryptionKey": "cmek",
            "healthCheckDisabled": True,
            "volumes": [{"name": "cache", "emptyDir": {"medium": "MEMORY"}}],
            "containers": [
                {
                    "workingDir": "/srv",
                    "resources": {"limits": {"nvidia.com/gpu": "1"}},
                    "env": [{"name": "RARE", "value": "1"}],
                    "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
                }
            ],
        },
    },
)


def settings_of(service: run_v2.Service) -> dict[str, Any]:
    """Everything somebody may have set, without what differs from write to write."""
    seen = MessageToDict(run_v2.Service.pb(service))
    container = seen["template"]["containers"][0]
    seen["template"].pop("revision")
    seen["template"].pop("annotations", None)
    container.pop("image")
    kept = ("labels", "description", "ingress", "launchStage", "template")
    return {name: seen[name] for name in kept if name in seen}


def test_what_only_a_rolled_back_canary_said_is_not_in_the_next_revision(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    stable = made(client, stage(key, "a", cloud_run=CloudRun(env={"MODE": "a"})))
    before = settings_of(raw(gcloud, key))
    canary = made(client, stage(key, "b", stable, image=NEXT, cloud_run=EVERYTHING))
    back = made(client, shift(key, canary, {"a": 100}, drop_tag="c-b"))
    made(client, stage(key, "c", back, cloud_run=CloudRun(env={"MODE": "a"})))
    assert settings_of(raw(gcloud, key)) == before


def test_what_stable_has_of_others_outlives_a_canary_without_it(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    deployed_by_hand(gcloud, key)
    canary = CloudRun(env={"BY_HAND": "changed"}, timeout=5, session_affinity=False)
    live = client.service(key, [])
    ended(client, key, client.stage(stage(key, "b", live, image=DEAD, cloud_run=canary)))
    made(client, stage(key, "c", client.service(key, []), image=NEXT))
    template = raw(gcloud, key).template
    variables = {v.name: v.value for v in template.containers[0].env}
    assert variables == {"BY_HAND": "kept", "MODE": "old"}
    assert template.timeout.total_seconds() == 77
    assert template.session_affinity
    assert template.annotations["example.test/note"] == "n"
    assert template.containers[0].ports[0].name == "h2c"


def test_a_removed_key_is_unset_and_a_removed_variable_is_gone(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    plain = made(client, stage(key, "a"))
    before = settings_of(raw(gcloud, key))
    full = made(client, stage(key, "b", plain, cloud_run=EVERYTHING))
    promoted = made(client, shift(key, full, {"b": 100}))
    made(client, stage(key, "c", promoted))
    assert settings_of(raw(gcloud, key)) == before


def test_what_is_still_named_and_what_others_set_stays(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    deployed_by_hand(gcloud, key)
    named = CloudRun(memory="1Gi", env={"STAYS": "1", "GOES": "1"})
    first = made(client, stage(key, "b", client.service(key, []), cloud_run=named))
    served = made(client, shift(key, first, {"b": 100}))
    fewer = CloudRun(env={"STAYS": "2"})
    made(client, stage(key, "c", served, cloud_run=fewer))
    container = raw(gcloud, key).template.containers[0]
    assert {v.name: v.value for v in container.env} == {
        "BY_HAND": "kept",
        "MODE": "old",
        "STAYS": "2",
    }
    assert dict(container.resources.limits) == {"memory": "512Mi", "cpu": "2"}
    assert raw(gcloud, key).template.session_affinity
    assert raw(gcloud, key).description == "made by hand"


def test_a_first_deployment_that_failed_leaves_no_settings_to_the_second(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    failed = CloudRun(env={"WRONG": "1"}, command=("wrong",))
    ended(client, key, client.stage(stage(key, "a", image=DEAD, cloud_run=failed)))
    made(client, stage(key, "b", client.service(key, [])))
    container = raw(gcloud, key).template.containers[0]
    assert not container.env
    assert not container.command


def test_the_record_names_and_tells_no_value(
    client: CloudRunClient, google_url: str, key: ServiceKey
) -> None:
    settings = CloudRun(
        env={"TOKEN": "hush-1"}, spec={"template": {"containers": [{"workingDir": "/hush-2"}]}}
    )
    made(client, stage(key, "a", cloud_run=settings))
    revisions = rest(run_v2.RevisionsClient, google_url)
    revision = revisions.get_revision(name=f"{key.name}/revisions/{key.service}-a")
    record = revision.annotations["spillway.dev/named"]
    assert "TOKEN" in record
    assert "hush" not in record


@pytest.mark.parametrize(
    "record",
    [
        "",
        "no json",
        "[]",
        '{"keys":3}',
        '{"keys":["nonsense","image"]}',
        '{"spec":{"nonsense":{"x":0},"template":{"containers":0,"timeout":{"seconds":0}}}}',
        '{"spec":{"template":{"containers":[{"name":[]},[0]],"labels":[{}],"volumes":{"a":0}}}}',
        '{"spec":' + '{"template":' * 5000 + "0" + "}" * 5001,
    ],
)
def test_a_record_that_somebody_spoilt_harms_nothing(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey, record: str
) -> None:
    container = {"image": GOOD, "env": [{"name": "BY_HAND", "value": "kept"}]}
    service = run_v2.Service(
        template={
            "revision": f"{key.service}-hand",
            "annotations": {"spillway.dev/named": record},
            "containers": [container],
        },
        traffic=[{"type_": 1, "percent": 100}],
    )
    parent = key.name.partition("/services/")[0]
    gcloud.create_service(parent=parent, service=service, service_id=key.service).result(timeout=10)
    made(client, stage(key, "b", client.service(key, []), image=NEXT))
    kept = raw(gcloud, key).template.containers[0]
    assert (kept.image, kept.env[0].value) == (NEXT, "kept")
