"""Every key under `cloud_run:` lands on the v2 field that its gcloud flag lands on."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud import run_v2
from google.protobuf.json_format import MessageToDict
from msgspec.structs import fields

from bot.clients.cloud_run import template
from bot.core.configuration import CloudRun, Probe

ELSEWHERE = {"allow_unauthenticated", "spec"}
MAIN = ("template", "containers", 0)
ENUM = "EXECUTION_ENVIRONMENT_GEN2"
HTTP = Probe(http_get="/ready", port=9000, initial_delay=1, timeout=2, period=3, failures=4)
HTTP_JSON = {
    "initialDelaySeconds": 1,
    "timeoutSeconds": 2,
    "periodSeconds": 3,
    "failureThreshold": 4,
    "httpGet": {"path": "/ready", "port": 9000},
}
TCP_JSON = {"timeoutSeconds": 1, "periodSeconds": 10, "failureThreshold": 3, "tcpSocket": {}}
REFERENCE = {"secretKeyRef": {"secret": "api-key", "version": "3"}}

TABLE: list[tuple[str, Any, tuple[str | int, ...], Any]] = [
    ("port", 8081, (*MAIN, "ports"), [{"containerPort": 8081}]),
    ("memory", "2Gi", (*MAIN, "resources", "limits", "memory"), "2Gi"),
    ("cpu", "2000m", (*MAIN, "resources", "limits", "cpu"), "2000m"),
    ("cpu", 2, (*MAIN, "resources", "limits", "cpu"), "2"),
    ("cpu", 0.5, (*MAIN, "resources", "limits", "cpu"), "0.5"),
    ("timeout", 300, ("template", "timeout"), "300s"),
    ("concurrency", 100, ("template", "maxInstanceRequestConcurrency"), 100),
    ("min_instances", 1, ("template", "scaling", "minInstanceCount"), 1),
    ("max_instances", 5, ("template", "scaling", "maxInstanceCount"), 5),
    ("cpu_throttling", True, (*MAIN, "resources", "cpuIdle"), True),
    ("cpu_boost", True, (*MAIN, "resources", "startupCpuBoost"), True),
    ("service_account", "a@p.iam.test", ("template", "serviceAccount"), "a@p.iam.test"),
    ("env", {"A": "b"}, (*MAIN, "env"), [{"name": "A", "value": "b"}]),
    ("secrets", {"K": "api-key:3"}, (*MAIN, "env"), [{"name": "K", "valueSource": REFERENCE}]),
    ("command", ("run",), (*MAIN, "command"), ["run"]),
    ("args", ("--fast", "1"), (*MAIN, "args"), ["--fast", "1"]),
    ("ingress", "all", ("ingress",), "INGRESS_TRAFFIC_ALL"),
    ("ingress", "internal", ("ingress",), "INGRESS_TRAFFIC_INTERNAL_ONLY"),
    (
        "ingress",
        "internal-and-cloud-load-balancing",
        ("ingress",),
        "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    ),
    ("vpc_connector", "c", ("template", "vpcAccess", "connector"), "c"),
    ("vpc_egress", "all-traffic", ("template", "vpcAccess", "egress"), "ALL_TRAFFIC"),
    (
        "vpc_egress",
        "private-ranges-only",
        ("template", "vpcAccess", "egress"),
        "PRIVATE_RANGES_ONLY",
    ),
    ("execution_environment", "gen2", ("template", "executionEnvironment"), ENUM),
    ("session_affinity", True, ("template", "sessionAffinity"), True),
    (
        "cloudsql_instances",
        ("p:r:db",),
        ("template", "volumes", 0, "cloudSqlInstance", "instances"),
        ["p:r:db"],
    ),
    ("cloudsql_instances", ("p:r:db",), (*MAIN, "volumeMounts", 0, "mountPath"), "/cloudsql"),
    ("labels", {"team": "care"}, ("labels",), {"team": "care"}),
    ("labels", {"team": "care"}, ("template", "labels"), {"team": "care"}),
    ("description", "listens", ("description",), "listens"),
    ("startup_probe", HTTP, (*MAIN, "startupProbe"), HTTP_JSON),
    ("liveness_probe", Probe(), (*MAIN, "livenessProbe"), TCP_JSON),
]


def written(settings: CloudRun, service: run_v2.Service | None = None) -> dict[str, Any]:
    service = run_v2.Service() if service is None else service
    template.write(service, settings)
    return MessageToDict(run_v2.Service.pb(service))


@pytest.mark.parametrize(("key", "value", "path", "expected"), TABLE)
def test_a_key_lands_on_its_field(
    key: str, value: object, path: tuple[str | int, ...], expected: object
) -> None:
    found: Any = written(CloudRun(**{key: value}))
    for step in path:
        found = found[step]
    assert found == expected


def test_no_key_is_forgotten() -> None:
    assert {row[0] for row in TABLE} | ELSEWHERE == {field.name for field in fields(CloudRun)}


def test_throttling_begins_as_gclouds_does_and_stays_as_somebody_set_it() -> None:
    always_on = run_v2.Service(template={"containers": [{"resources": {"cpu_idle": False}}]})
    assert "cpuIdle" not in str(written(CloudRun(), always_on))
    assert "cpuIdle" in str(written(CloudRun(cpu_throttling=True), always_on))
    assert "cpuIdle" in str(written(CloudRun(memory="1Gi")))
    assert "cpuIdle" not in str(written(CloudRun(cpu_throttling=False)))


def test_a_secret_under_a_path_is_mounted_as_a_file() -> None:
    service = written(CloudRun(secrets={"/etc/keys/api.json": "api-key:latest"}))["template"]
    mount = service["containers"][0]["volumeMounts"][0]
    volume = service["volumes"][0]
    assert mount == {"name": volume["name"], "mountPath": "/etc/keys"}
    assert volume["secret"]["secret"] == "api-key"
    assert volume["secret"]["items"] == [{"path": "api.json", "version": "latest"}]


def test_a_second_deployment_changes_volumes_and_adds_none() -> None:
    service = run_v2.Service()
    written(CloudRun(cloudsql_instances=("p:r:old",), secrets={"/k/f": "s:1"}), service)
    again = written(CloudRun(cloudsql_instances=("p:r:new",), secrets={"/k/f": "s:2"}), service)
    volumes = again["template"]["volumes"]
    assert len(volumes) == len(again["template"]["containers"][0]["volumeMounts"]) == 2
    assert "p:r:old" not in str(volumes)
    assert {"path": "f", "version": "2"} in [
        item for volume in volumes if "secret" in volume for item in volume["secret"]["items"]
    ]


def test_variables_that_are_not_named_stay_and_a_named_one_changes_its_kind() -> None:
    live = run_v2.Service()
    written(CloudRun(env={"KEEP": "1", "SWAP": "plain"}, secrets={"TURN": "s:1"}), live)
    env = written(CloudRun(env={"TURN": "plain"}, secrets={"SWAP": "s:2"}), live)
    variables = {v["name"]: v for v in env["template"]["containers"][0]["env"]}
    assert list(variables) == ["TURN", "KEEP", "SWAP"]
    assert variables["TURN"] == {"name": "TURN", "value": "plain"}
    assert variables["KEEP"]["value"] == "1"
    assert variables["SWAP"]["valueSource"]["secretKeyRef"]["secret"] == "s"


def test_with_sidecars_the_container_that_has_a_port_is_meant() -> None:
    sidecar = run_v2.Container(name="proxy", image="proxy:1")
    main = run_v2.Container(name="main", ports=[{"name": "h2c", "container_port": 1}])
    live = run_v2.Service(template=run_v2.RevisionTemplate(containers=[sidecar, main]))
    containers = written(CloudRun(memory="1Gi", port=8080), live)["template"]["containers"]
    assert containers[0] == {"name": "proxy", "image": "proxy:1"}
    assert containers[1]["resources"]["limits"] == {"memory": "1Gi"}
    assert containers[1]["ports"] == [{"name": "h2c", "containerPort": 8080}]


def test_a_connector_replaces_direct_interfaces() -> None:
    live = run_v2.Service(template={"vpc_access": {"network_interfaces": [{"network": "n"}]}})
    assert written(CloudRun(vpc_connector="c"), live)["template"]["vpcAccess"] == {"connector": "c"}
