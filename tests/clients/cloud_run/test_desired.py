"""What the local Cloud Run cannot run, and what no wire shows: secrets, sockets, the records."""

from __future__ import annotations

import pytest
from google.cloud import run_v2

from bot.clients.cloud_run import named, removal
from bot.clients.cloud_run.desired import CARRIED, desired
from bot.core.configuration import CloudRun, ServiceKey
from tests.clients.cloud_run.steps import OURS, stage

KEY = ServiceKey("demo", "us-central1", "web")
ALWAYS_WRITTEN = {"allow_unauthenticated", "env", "secrets", "labels", "spec"}
APART = {"revision", "labels", "annotations", "health_check_disabled"}
SECRETS = {"KEY": "api-key:3", "TURNS": "s:1", "/etc/keys/api.json": "api-key:latest"}


def first(settings: CloudRun) -> run_v2.Service:
    return desired(run_v2.Service(), None, stage(KEY, "a", cloud_run=settings))


def after(before: run_v2.Service, settings: CloudRun) -> run_v2.RevisionTemplate:
    """The next template, when stable was made from this service's template."""
    common = {field: getattr(before.template, field) for field in CARRIED}
    stable = run_v2.Revision(
        name=f"{KEY.name}/revisions/web-a",
        labels=before.template.labels,
        annotations=before.template.annotations,
        **{field: value for field, value in common.items() if field in before.template},
    )
    stable.containers[0].build_info = run_v2.BuildInfo(function_target="f")
    action = stage(KEY, "b", cloud_run=settings, stable="web-a", etag="e")
    return desired(before, stable, action).template


def test_secrets_that_are_not_named_any_more_are_gone_and_those_of_others_stay() -> None:
    service = first(CloudRun(secrets=SECRETS, env={"BECOMES": "plain"}))
    foreign = run_v2.EnvVarSource(secret_key_ref={"secret": "theirs", "version": "1"})
    service.template.containers[0].env.append(run_v2.EnvVar(name="BY_HAND", value_source=foreign))
    service.template.volumes.append(run_v2.Volume(name="theirs", secret={"secret": "theirs"}))
    mount = run_v2.VolumeMount(name="theirs", mount_path="/theirs")
    service.template.containers[0].volume_mounts.append(mount)
    template = after(service, CloudRun(env={"TURNS": "plain"}, secrets={"BECOMES": "s:2"}))
    container = template.containers[0]
    variables = {one.name: one.value_source.secret_key_ref.secret for one in container.env}
    assert variables == {"TURNS": "", "BECOMES": "s", "BY_HAND": "theirs"}
    assert [volume.name for volume in template.volumes] == ["theirs"]
    assert [one.mount_path for one in container.volume_mounts] == ["/theirs"]


def test_what_the_platform_reserves_is_not_written_back() -> None:
    reserved = {"run.googleapis.com/minScale": "1", "goog.cloud.googleapis.com/location": "x"}
    theirs = {"team": "care"}
    before = run_v2.Service(
        labels=reserved | theirs,
        annotations=reserved | theirs,
        template={
            "labels": reserved | theirs | {"spillway-secrets": "of another revision"},
            "annotations": reserved | theirs,
        },
    )
    wanted = desired(before, None, stage(KEY, "b", etag="e"))
    assert dict(wanted.labels) == dict(wanted.template.labels) == OURS | theirs
    assert dict(wanted.annotations) == theirs
    assert wanted.template.annotations.keys() == {"team", named.ANNOTATION}


def test_sockets_that_are_not_named_any_more_are_gone() -> None:
    template = after(first(CloudRun(cloudsql_instances=("p:r:db",))), CloudRun())
    assert not template.volumes
    assert not template.containers[0].volume_mounts


def test_throttling_that_is_not_named_any_more_is_as_gcloud_has_it() -> None:
    template = after(first(CloudRun(cpu_throttling=False)), CloudRun())
    assert template.containers[0].resources.cpu_idle


def test_a_volume_that_another_container_mounts_stays() -> None:
    service = first(CloudRun(secrets={"/k/f": "s:1"}))
    sidecar = run_v2.Container(name="proxy", image="proxy:1", volume_mounts=[{"name": "k"}])
    service.template.containers.append(sidecar)
    template = after(service, CloudRun())
    assert [volume.name for volume in template.volumes] == ["k"]
    assert not template.containers[0].volume_mounts
    assert template.containers[1] == sidecar


def test_labels_of_ours_and_of_the_system_are_not_carried_over() -> None:
    service = first(CloudRun())
    service.template.labels.update({"spillway-old": "x", "team": "care"})
    service.template.annotations.update({"run.googleapis.com/x": "1", "example.test/note": "n"})
    template = after(service, CloudRun())
    assert dict(template.labels) == OURS | {"team": "care"}
    assert template.annotations.keys() == {"example.test/note", named.ANNOTATION}
    assert "build_info" not in template.containers[0]


def test_health_checks_that_somebody_else_disabled_stay_disabled() -> None:
    theirs = first(CloudRun())
    theirs.template.health_check_disabled = True
    assert after(theirs, CloudRun()).health_check_disabled
    ours = first(CloudRun(spec={"template": {"healthCheckDisabled": True}}))
    assert not after(ours, CloudRun()).health_check_disabled


def test_a_rarer_setting_goes_without_what_others_set_beside_it() -> None:
    probe = {"tcpSocket": {"port": 9000}, "periodSeconds": 5}
    main = {"startupProbe": probe, "resources": {"limits": {"memory": "1Gi"}}, "name": "main"}
    network = {"network": "ours", "tags": ["a"]}
    spec = {
        "annotations": {"example.test/ours": "1"},
        "template": {
            "containers": [main],
            "vpc_access": {"networkInterfaces": [network], "egress": "ALL_TRAFFIC"},
            "scaling": {"minInstanceCount": 1},
        },
    }
    service = first(CloudRun(spec=spec))
    service.template.scaling.max_instance_count = 4
    service.annotations["example.test/theirs"] = "2"
    service.template.containers[0].resources.limits["cpu"] = "2"
    fewer = CloudRun(spec={"template": {"vpcAccess": {"networkInterfaces": [{"network": "ours"}]}}})
    template = after(service, fewer)
    container = template.containers[0]
    assert dict(service.annotations) == {"example.test/theirs": "2"}
    assert (template.scaling.min_instance_count, template.scaling.max_instance_count) == (0, 4)
    assert "startup_probe" not in container
    assert dict(container.resources.limits) == {"cpu": "2"}
    assert template.vpc_access == run_v2.VpcAccess(network_interfaces=[{"network": "ours"}])


def test_no_key_is_forgotten() -> None:
    specially = {"port", "cpu_throttling", "cloudsql_instances", *removal.LIMITS}
    plainly = {*removal.ON_SERVICE, *removal.ON_TEMPLATE, *removal.ON_CONTAINER}
    assert plainly | specially == set(named.KEYS)
    assert plainly | specially | ALWAYS_WRITTEN == set(CloudRun.__struct_fields__)


def test_no_field_of_a_template_is_forgotten() -> None:
    shared = set(run_v2.RevisionTemplate.pb().DESCRIPTOR.fields_by_name)
    assert set(CARRIED) == shared - APART


@pytest.mark.parametrize("inner", [{}, {"vpcAccess": None}])
def test_an_empty_spec_names_nothing(inner: dict[str, object]) -> None:
    settings = CloudRun(spec={"template": inner}, memory="1Gi")
    container = after(first(settings), CloudRun(memory="1Gi")).containers[0]
    assert container.resources.limits["memory"] == "1Gi"
