"""Cloud Run on the wire of the real client, over both transports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.api_core import exceptions
from google.api_core.operation import from_gapic
from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2, policy_pb2

if TYPE_CHECKING:
    from tests.localcloud.google.conftest import Client, World

PARENT = "projects/demo/locations/asia-northeast3"
NAME = f"{PARENT}/services/web"
NAMED = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
GOOD, BETTER, BROKEN = (f"r/web@sha256:{letter * 64}" for letter in "abc")


@pytest.fixture
def services(world: World, transport: str) -> Client:
    world.revisions.broken.add("sha256:" + "c" * 64)
    return world.client(run_v2.ServicesClient, transport)


def _service(revision: str, image: str, **fields: object) -> run_v2.Service:
    template = run_v2.RevisionTemplate(
        revision=revision, containers=[run_v2.Container(image=image)], **fields
    )
    return run_v2.Service(template=template)


def _create(services: Client, revision: str = "web-one", image: str = GOOD) -> run_v2.Service:
    operation = services.create_service(
        parent=PARENT, service=_service(revision, image), service_id="web"
    )
    return operation.result(timeout=10)


def _target(revision: str, percent: int, tag: str = "") -> run_v2.TrafficTarget:
    return run_v2.TrafficTarget(type_=NAMED, revision=revision, percent=percent, tag=tag)


def _stage(services: Client, service: run_v2.Service, revision: str, image: str) -> run_v2.Service:
    """Add a revision at 0 % with a tag, as the bot does."""
    service.template.revision = revision
    service.template.containers[0].image = image
    service.traffic = [_target("web-one", 100), _target(revision, 0, "canary")]
    return services.update_service(service=service).result(timeout=10)


def _split(service: run_v2.Service) -> list[tuple[str, int, str]]:
    return [(one.revision, one.percent, one.tag) for one in service.traffic_statuses]


def test_a_created_service_is_ready_and_has_an_address(world: World, services: Client) -> None:
    service = _create(services)
    assert service.terminal_condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
    assert service.latest_ready_revision == f"{NAME}/revisions/web-one"
    assert service.uri == world.traffic.url(NAME)
    assert service.observed_generation == service.generation == 1
    assert not service.reconciling
    spec = world.revisions.running[service.latest_ready_revision]
    assert spec.env["K_SERVICE"] == spec.env["K_CONFIGURATION"] == "web"
    assert spec.env["K_REVISION"] == "web-one"
    assert spec.env["GCE_METADATA_HOST"] in world.google.url
    assert world.traffic.routes[NAME].weights == {service.latest_ready_revision: 100}


def test_a_revision_takes_labels_and_settings_of_its_template(
    world: World, services: Client
) -> None:
    wanted = _service("", GOOD, labels={"sha": "abc"}, timeout={"seconds": 60})
    wanted.template.containers[0].ports = [{"container_port": 8081}]
    wanted.template.containers[0].env = [{"name": "MODE", "value": "test"}]
    created = services.create_service(parent=PARENT, service=wanted, service_id="web").result()
    assert created.latest_ready_revision.startswith(f"{NAME}/revisions/web-00001-")
    assert created.template.revision == ""
    revisions = world.client(run_v2.RevisionsClient, "grpc")
    revision = revisions.get_revision(name=created.latest_ready_revision)
    assert revision.labels["sha"] == "abc"
    assert revision.timeout.total_seconds() == 60
    assert revision.conditions[0].state == run_v2.Condition.State.CONDITION_SUCCEEDED
    spec = world.revisions.running[revision.name]
    assert (spec.port, spec.env["MODE"]) == (8081, "test")


def test_a_canary_is_staged_shifted_and_promoted(world: World, services: Client) -> None:
    service = _stage(services, _create(services), "web-two", BETTER)
    assert _split(service) == [("web-one", 100, ""), ("web-two", 0, "canary")]
    assert service.traffic_statuses[1].uri == world.traffic.url(NAME, "canary")
    tags = world.traffic.routes[NAME].tags
    assert tags == {"canary": f"{NAME}/revisions/web-two"}
    split = [_target("web-one", 90), _target("web-two", 10, "canary")]
    step = run_v2.Service(name=NAME, etag=service.etag, traffic=split)
    moved = services.update_service(service=step, update_mask={"paths": ["traffic"]}).result()
    assert _split(moved) == [("web-one", 90, ""), ("web-two", 10, "canary")]
    assert moved.template.containers[0].image == BETTER
    assert moved.latest_created_revision == service.latest_created_revision
    assert moved.etag != service.etag
    done = run_v2.Service(name=NAME, etag=moved.etag, traffic=[_target("web-two", 100)])
    services.update_service(service=done, update_mask={"paths": ["traffic"]}).result()
    assert set(world.revisions.running) == {f"{NAME}/revisions/web-two"}
    assert world.traffic.routes[NAME].weights == {f"{NAME}/revisions/web-two": 100}


def test_a_stale_etag_is_a_conflict(services: Client) -> None:
    first = _create(services)
    _stage(services, services.get_service(name=NAME), "web-two", BETTER)
    stale = run_v2.Service(name=NAME, etag=first.etag, traffic=[_target("web-one", 100)])
    with pytest.raises(exceptions.Conflict, match="Conflict for resource 'web': version"):
        services.update_service(service=stale, update_mask={"paths": ["traffic"]})


def test_a_failing_revision_leaves_traffic_alone(world: World, services: Client) -> None:
    before = _create(services)
    with pytest.raises(exceptions.GoogleAPICallError) as failure:
        _stage(services, before, "web-bad", BROKEN)
    assert "Revision 'web-bad' is not ready and cannot serve traffic" in str(failure.value)
    assert "No module named 'flask'" in str(failure.value)
    after = services.get_service(name=NAME)
    condition = after.terminal_condition
    assert condition.state == run_v2.Condition.State.CONDITION_FAILED
    assert condition.revision_reason.name == "HEALTH_CHECK_CONTAINER_ERROR"
    assert after.latest_ready_revision == f"{NAME}/revisions/web-one"
    assert after.latest_created_revision == f"{NAME}/revisions/web-bad"
    assert _split(after) == _split(before)
    assert world.traffic.routes[NAME].weights == {f"{NAME}/revisions/web-one": 100}


def test_a_missing_image_fails_by_name(services: Client) -> None:
    with pytest.raises(exceptions.GoogleAPICallError, match=r"Image 'r/absent:1' not found"):
        _create(services, image="r/absent:1")
    condition = services.get_service(name=NAME).terminal_condition
    assert condition.reason.name == "CONTAINER_MISSING"


def test_traffic_can_go_back_after_a_failed_revision(services: Client) -> None:
    service = _stage(services, _create(services), "web-two", BETTER)
    service.template.revision = "web-bad"
    service.template.containers[0].image = BROKEN
    with pytest.raises(exceptions.GoogleAPICallError):
        services.update_service(service=service).result(timeout=10)
    back = run_v2.Service(name=NAME, traffic=[_target("web-one", 100)])
    moved = services.update_service(service=back, update_mask={"paths": ["traffic"]}).result()
    assert _split(moved) == [("web-one", 100, "")]


def test_the_same_revision_name_with_another_configuration_is_refused(services: Client) -> None:
    service = _create(services)
    service.template.containers[0].image = BETTER
    with pytest.raises(exceptions.Conflict, match="different configuration already exists"):
        services.update_service(service=service)


def test_an_unchanged_template_makes_no_revision(world: World, services: Client) -> None:
    service = _create(services)
    service.labels["team"] = "a"
    changed = services.update_service(service=service).result()
    assert changed.latest_created_revision == service.latest_created_revision
    assert changed.generation == 2
    revisions = world.client(run_v2.RevisionsClient, "grpc")
    assert len(list(revisions.list_revisions(parent=NAME))) == 1


@pytest.mark.parametrize(
    ("traffic", "reason"),
    [
        ([_target("web-one", 90)], "sum to 100"),
        ([_target("web-one", 50, "a"), _target("web-one", 50, "a")], "only once"),
        ([_target("web-one", 100, "Bad_Tag")], "no tag name"),
        ([_target("web-one", 150), _target("web-one", -50)], "not within"),
        ([_target("web-one", 100, "t" * 44)], "service name cannot exceed 46 characters"),
    ],
)
def test_impossible_traffic_is_refused(
    services: Client, traffic: list[run_v2.TrafficTarget], reason: str
) -> None:
    _create(services)
    wanted = run_v2.Service(name=NAME, traffic=traffic)
    with pytest.raises(exceptions.BadRequest, match=reason):
        services.update_service(service=wanted, update_mask={"paths": ["traffic"]})


def test_reserved_names_are_refused_on_a_service_too(services: Client) -> None:
    service = run_v2.Service(_service("web-one", GOOD), labels={"run.googleapis.com/x": "y"})
    with pytest.raises(exceptions.BadRequest, match="reserved for the system"):
        services.create_service(parent=PARENT, service=service, service_id="web")


def test_latest_follows_the_newest_ready_revision(world: World, services: Client) -> None:
    service = _create(services)
    assert service.traffic_statuses[0].type_ == LATEST
    service.template.revision = "web-two"
    service.template.containers[0].image = BETTER
    services.update_service(service=service).result()
    assert world.traffic.routes[NAME].weights == {f"{NAME}/revisions/web-two": 100}


def test_validate_only_keeps_nothing(services: Client) -> None:
    request = run_v2.CreateServiceRequest(
        parent=PARENT, service=_service("", GOOD), service_id="web", validate_only=True
    )
    services.create_service(request=request)
    with pytest.raises(exceptions.NotFound, match="Resource 'web' of kind 'SERVICE' in region"):
        services.get_service(name=NAME)


def test_an_update_may_create_what_is_missing(services: Client) -> None:
    wanted = _service("", GOOD)
    wanted.name = NAME
    with pytest.raises(exceptions.NotFound):
        services.update_service(service=wanted)
    request = run_v2.UpdateServiceRequest(service=wanted, allow_missing=True)
    assert services.update_service(request=request).result().name == NAME


def test_existing_listed_deleted_gone(world: World, services: Client) -> None:
    _create(services)
    with pytest.raises(exceptions.Conflict):
        services.create_service(parent=PARENT, service=_service("", GOOD), service_id="web")
    assert [one.name for one in services.list_services(parent=PARENT)] == [NAME]
    services.delete_service(name=NAME).result()
    assert not list(services.list_services(parent=PARENT))
    assert not world.revisions.running
    assert not world.traffic.routes[NAME].weights


def test_public_access_is_a_policy(world: World, services: Client) -> None:
    _create(services)
    assert not world.traffic.routes[NAME].public
    binding = policy_pb2.Binding(role="roles/run.invoker", members=["allUsers"])
    policy = services.get_iam_policy(request={"resource": NAME})
    policy.bindings.append(binding)
    request = iam_policy_pb2.SetIamPolicyRequest(resource=NAME, policy=policy)
    services.set_iam_policy(request=request)
    assert world.traffic.routes[NAME].public
    with pytest.raises(exceptions.Conflict):
        services.set_iam_policy(request=request)
    asked = {"resource": NAME, "permissions": ["run.services.update"]}
    assert services.test_iam_permissions(request=asked).permissions == ["run.services.update"]


def test_an_operation_is_found_by_name_while_it_runs(world: World, services: Client) -> None:
    world.revisions.holds = True
    operation = services.create_service(
        parent=PARENT, service=_service("web-one", GOOD), service_id="web"
    )
    assert not operation.done()
    name = operation.operation.name
    assert services.get_service(name=NAME).reconciling
    world.revisions.hold.set()
    again = from_gapic(
        services.get_operation({"name": name}),
        services.transport.operations_client,
        run_v2.Service,
        metadata_type=run_v2.Service,
    )
    assert again.metadata.name == NAME
    assert again.result(timeout=10).latest_ready_revision.endswith("web-one")


def test_a_serving_revision_cannot_be_deleted(world: World, services: Client) -> None:
    service = _stage(services, _create(services), "web-two", BETTER)
    revisions = world.client(run_v2.RevisionsClient, "rest")
    with pytest.raises(exceptions.BadRequest, match="receives traffic"):
        revisions.delete_revision(name=f"{NAME}/revisions/web-one")
    step = run_v2.Service(name=NAME, etag=service.etag, traffic=[_target("web-two", 100)])
    services.update_service(service=step, update_mask={"paths": ["traffic"]}).result()
    revisions.delete_revision(name=f"{NAME}/revisions/web-one").result()
    gone = run_v2.Service(name=NAME, traffic=[_target("web-one", 100)])
    with pytest.raises(exceptions.GoogleAPICallError, match="'web-one' does not exist or is del"):
        services.update_service(service=gone, update_mask={"paths": ["traffic"]}).result()
    assert [one.name for one in revisions.list_revisions(parent=NAME)] == [
        f"{NAME}/revisions/web-two"
    ]


def test_a_restart_resumes_services_and_unfinished_operations(
    world: World, services: Client
) -> None:
    service = _stage(services, _create(services), "web-two", BETTER)
    before = dict(world.traffic.routes)
    world.revisions.holds = True
    service.template.revision = "web-three"
    operation = services.update_service(service=service)
    world.revisions.hold.set()
    world.restart()
    client = world.client(run_v2.ServicesClient, "grpc")
    again = from_gapic(
        client.get_operation({"name": operation.operation.name}),
        client.transport.operations_client,
        run_v2.Service,
    )
    assert again.result(timeout=10).latest_ready_revision == f"{NAME}/revisions/web-three"
    assert world.traffic.routes == before
    assert f"{NAME}/revisions/web-one" in world.revisions.running
