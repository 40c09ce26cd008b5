"""A service that Terraform made: what deploy.yaml does not name survives, and is listed by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud import run_v2

from bot.core.action import Accepted
from bot.core.configuration import CloudRun
from tests.clients.cloud_run.steps import GOOD, NEXT, made, raw, split, stage

if TYPE_CHECKING:
    from bot.clients.cloud_run import CloudRunClient
    from bot.core.configuration import ServiceKey

NETWORK = {"network": "shared", "subnetwork": "apps", "tags": ["web"]}
MAIN = {
    "name": "app",
    "image": GOOD,
    "command": ["/entry"],
    "working_dir": "/srv",
    "env": [{"name": "DATABASE", "value": "main"}, {"name": "GREETING", "value": "theirs"}],
    "resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "cpu_idle": False},
    "ports": [{"name": "h2c", "container_port": 9000}],
    "volume_mounts": [
        {"name": "cloudsql", "mount_path": "/cloudsql"},
        {"name": "scratch", "mount_path": "/tmp/scratch"},  # noqa: S108  # a path in a container
    ],
    "liveness_probe": {"http_get": {"path": "/live", "port": 9000}},
    "depends_on": ["proxy"],
}
PROXY = {
    "name": "proxy",
    "image": "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2",
    "args": ["--port=5432", "p:r:db"],
    "startup_probe": {"tcp_socket": {"port": 5432}},
    "resources": {"limits": {"cpu": "1", "memory": "256Mi"}},
}
VOLUMES = [
    {"name": "cloudsql", "cloud_sql_instance": {"instances": ["p:r:db"]}},
    {"name": "scratch", "empty_dir": {"medium": 1, "size_limit": "64Mi"}},
    {"name": "share", "nfs": {"server": "10.0.0.2", "path": "/share"}},
    {"name": "assets", "gcs": {"bucket": "assets", "read_only": True}},
]
OURS = CloudRun(port=8081, env={"GREETING": "ours"}, memory="2Gi", max_instances=5)


def terraformed(gcloud: run_v2.ServicesClient, key: ServiceKey) -> run_v2.Service:
    """What `google_cloud_run_v2_service` leaves behind: no revision's name, and LATEST."""
    service = run_v2.Service(
        client="terraform",
        description="owned by the platform team",
        labels={"goog-terraform-provisioned": "true", "team": "care"},
        annotations={"example.test/contact": "care"},
        ingress=run_v2.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER,
        scaling={"min_instance_count": 2},
        custom_audiences=["https://api.acme.test"],
        template={
            "labels": {"team": "care"},
            "annotations": {"example.test/rev": "1"},
            "service_account": "web@demo.iam.gserviceaccount.com",
            "timeout": {"seconds": 77},
            "max_instance_request_concurrency": 12,
            "scaling": {"min_instance_count": 1, "max_instance_count": 9},
            "vpc_access": {"network_interfaces": [NETWORK], "egress": "ALL_TRAFFIC"},
            "execution_environment": "EXECUTION_ENVIRONMENT_GEN2",
            "session_affinity": True,
            "containers": [MAIN, PROXY],
            "volumes": VOLUMES,
        },
        traffic=[{"type_": 1, "percent": 100}],
    )
    parent = key.name.partition("/services/")[0]
    gcloud.create_service(parent=parent, service=service, service_id=key.service).result(timeout=10)
    return raw(gcloud, key)


def test_all_that_deploy_yaml_does_not_name_survives(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    before = terraformed(gcloud, key)
    live = client.service(key, [])
    assert live.follows_latest
    made(client, stage(key, "new", live, image=NEXT, cloud_run=OURS))
    after = raw(gcloud, key)
    for field in ("description", "ingress", "scaling", "custom_audiences", "annotations"):
        assert getattr(after, field) == getattr(before, field)
    assert after.labels["team"] == "care"
    one, other = before.template, after.template
    for field in ("volumes", "vpc_access", "service_account", "timeout", "session_affinity"):
        assert getattr(other, field) == getattr(one, field)
    assert other.max_instance_request_concurrency == 12
    assert other.scaling == run_v2.RevisionScaling(min_instance_count=1, max_instance_count=5)
    assert other.containers[1] == one.containers[1]
    expected = run_v2.Container(one.containers[0])
    expected.image, expected.env[1].value = NEXT, "ours"
    expected.ports[0].container_port = 8081
    expected.resources.limits["memory"] = "2Gi"
    assert other.containers[0] == expected


def test_traffic_that_followed_the_latest_is_pinned_by_the_first_write(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    before = terraformed(gcloud, key)
    serving = before.latest_ready_revision.rpartition("/")[2]
    staged = made(client, stage(key, "new", client.service(key, []), cloud_run=OURS))
    assert split(staged) == {serving.rpartition("-")[2]: 100}
    assert not staged.follows_latest
    targets = raw(gcloud, key).traffic
    assert [(one.type_.name[-8:], one.revision, one.percent) for one in targets] == [
        ("REVISION", serving, 100),
        ("REVISION", f"{key.service}-new", 0),
    ]


def test_what_is_kept_is_listed_by_name(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    terraformed(gcloud, key)
    outcome = client.stage(stage(key, "new", client.service(key, []), cloud_run=OURS))
    assert isinstance(outcome, Accepted)
    assert set(outcome.kept) == {
        "description",
        "ingress",
        "scaling",
        "custom_audiences",
        "label goog-terraform-provisioned",
        "label team",
        "annotation example.test/contact",
        "annotation example.test/rev",
        "service_account",
        "timeout",
        "max_instance_request_concurrency",
        "scaling.min_instance_count",
        "vpc_access.egress",
        "execution_environment",
        "session_affinity",
        "cpu_throttling",
        "env DATABASE",
        "command",
        "working_dir",
        "liveness_probe",
        "cpu",
        "sidecar proxy",
        "volume cloudsql",
        "volume scratch",
        "volume share",
        "volume assets",
    }


def test_a_service_that_deploy_yaml_alone_made_keeps_nothing_of_others(
    client: CloudRunClient, key: ServiceKey
) -> None:
    settings = CloudRun(
        port=8081,
        cpu=2,
        memory="2Gi",
        timeout=60,
        env={"A": "b"},
        labels={"team": "care"},
        min_instances=1,
        spec={"template": {"sessionAffinity": True}},
    )
    live = made(client, stage(key, "one", cloud_run=settings))
    outcome = client.stage(stage(key, "two", live, cloud_run=settings))
    assert isinstance(outcome, Accepted)
    assert outcome.kept == ()
