"""Services that others made: taken over as they are, held where that is not clear, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest
from google.cloud import run_v2

from tests.stories import services
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.console import Console
    from tests.stories.people import Pull, Repository

AT_ONCE = "{steps: [100]}"
Adopted: TypeAlias = "tuple[Pull, run_v2.Service, run_v2.Service]"


def secret_variable(secret: str) -> dict[str, object]:
    """A variable that reads a secret's newest version."""
    reference = {"secret": secret, "version": "latest"}
    return {"name": "API_KEY", "value_source": {"secret_key_ref": reference}}


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository], console: Console) -> Repository:
    """A repository in staging, whose prod service Terraform made of the same image."""
    one = repository(prod=AT_ONCE).in_staging()
    name = f"{one.prefix}-web"
    image = f"{console.image_name(name)}@{console.digest(f'{name}-staging')}"
    console.create_secret(f"{name}-key", "very secret")
    proxy = {"name": "proxy", "image": "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2"}
    main = {
        "name": "app",
        "image": image,
        "env": [{"name": "DATABASE", "value": "main"}, secret_variable(f"{name}-key")],
        "ports": [{"container_port": 8080}],
        "volume_mounts": [{"name": "cloudsql", "mount_path": "/cloudsql"}],
    }
    sockets = {"name": "cloudsql", "cloud_sql_instance": {"instances": ["p:r:db"]}}
    service = run_v2.Service(
        client="terraform",
        labels={"goog-terraform-provisioned": "true"},
        template={
            "containers": [main, proxy],
            "volumes": [sockets],
            "vpc_access": {"connector": "shared", "egress": "ALL_TRAFFIC"},
            "scaling": {"min_instance_count": 1},
        },
        traffic=[{"type_": 1, "percent": 100}],
    )
    console.create(name, service)
    return one


@pytest.fixture(scope="module")
def adopted(made: Repository, console: Console) -> Adopted:
    """The first deployment over it, and the service as it was before and after."""
    before = console.service(f"{made.prefix}-web")
    pull = made.pull_request({"web/app.py": services.good("adopted")}, "adopted")
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert len(pull.told()) == 1
    after = console.service(f"{made.prefix}-web")
    there_and_back(pull, console, before.latest_ready_revision.rpartition("/")[2])
    return pull, before, after


def there_and_back(pull: Pull, console: Console, adopted: str) -> None:
    """Roll back to what others had deployed, by traffic alone, and insist on ours again."""
    service = f"{pull.repository.prefix}-web"
    pull.comment("/rollback prod")
    told = pull.reply("prod: Rolled back to what others had deployed")
    assert f"traffic goes back to `{adopted}`" in told
    assert f"`prod` is locked against `{pull.sha[:7]}`" in told
    assert console.serving(service) == adopted
    pull.repository.reached(pull.sha, "prod", "in_progress", "success", "inactive")
    assert "what others had deployed" in pull.answer(pull.comment("/status prod"))
    asked = pull.comment("/deploy prod --retry")
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    assert pull.sha[:7] in console.serving(service)


def test_a_service_of_terraforms_is_adopted_as_it_is(
    adopted: Adopted,
) -> None:
    pull, before, after = adopted
    service = f"{pull.repository.prefix}-web"
    serving = before.latest_ready_revision.rpartition("/")[2]
    told = pull.reply(f"the traffic of {service} followed its latest revision; it was pinned to ")
    assert f"{service} keeps what others set and deploy.yaml does not name: " in told
    assert "very secret" not in told
    for name in (
        "env DATABASE",
        "env API_KEY",
        "sidecar proxy",
        "volume cloudsql",
        "vpc_access.egress",
    ):
        assert f"`{name}`" in told
    assert f"pinned to `{serving}`" in told
    assert after.template.vpc_access == before.template.vpc_access
    assert after.template.volumes == before.template.volumes
    assert after.template.containers[0].env[1] == before.template.containers[0].env[1]
    assert after.template.containers[1] == before.template.containers[1]
    assert after.labels["goog-terraform-provisioned"] == "true"
    assert {one.type_.name for one in after.traffic} == {"TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"}


@pytest.mark.usefixtures("adopted")
def test_a_split_is_held_with_an_offer_and_goes_on_once_it_is_taken(
    made: Repository, console: Console
) -> None:
    service = f"{made.prefix}-web"
    by_hand = console.revise(service, {"GREETING": "by hand"})
    serving = console.serving(service)
    split = {serving: 50, by_hand: 50}
    console.move(service, split)
    pull = made.pull_request({"web/app.py": services.good("meets a split")}, "split")
    pull.comment("/deploy prod")
    told = pull.reply(f"Held: the traffic of {service} is split")
    assert made.check(pull.sha, "prod")["status"] == "in_progress"
    assert console.shares(service) == split
    offers = [line for line in told.splitlines() if "update-traffic" in line]
    assert [offer.rpartition(" ")[2] for offer in offers] == [f"{one}=100" for one in split]
    console.move(service, {by_hand: 100})
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert pull.sha[:7] in console.serving(service)
    eventually(pull.told, lambda said: "Held:" not in said[0], "the offer gone")


@pytest.mark.usefixtures("adopted")
def test_a_service_of_another_repository_is_refused_by_name(
    made: Repository, console: Console
) -> None:
    service = f"{made.prefix}-web"
    ours = console.service(service).labels.get("spillway-repository", "")
    before = console.shares(service)
    console.label(service, {"spillway-repository": "4711"})
    pull = made.pull_request({"web/app.py": services.good("not ours")}, "theirs")
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "failure"
    assert f"Cloud Run service {service} belongs to another repository (id 4711)" in pull.alert()
    assert console.shares(service) == before
    console.label(service, {"spillway-repository": ours})


@pytest.mark.usefixtures("adopted")
def test_without_a_default_url_it_is_deployed_where_nothing_asks_for_one(
    made: Repository, console: Console
) -> None:
    service = f"{made.prefix}-web"
    checks = "    smoke: [{get: /health, expect: {status: 200}}]\n"
    manifest = (made.work / "deploy.yaml").read_text(encoding="utf-8")
    assert checks in manifest
    with console.without_url(service):
        pull = made.pull_request({"web/app.py": services.good("no address")}, "no-address")
        pull.comment("/deploy prod")
        assert made.concluded(pull.sha, "prod")["conclusion"] == "failure"
        assert f"but the default URL of {service} is disabled" in pull.alert()
        pull.push({"deploy.yaml": manifest.replace(checks, "")})
        pull.comment("/deploy prod")
        assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
        assert pull.sha[:7] in console.serving(service)
        assert console.wanted_tags(service) == []
