"""`cloud_run.spec` reaches what has no flag, and never what belongs to the rollout."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud import run_v2
from google.protobuf.json_format import MessageToDict

from bot.clients.cloud_run import spec


def live() -> run_v2.Service:
    return run_v2.Service(
        labels={"team": "care"},
        template={
            "health_check_disabled": True,
            "timeout": {"seconds": 60},
            "scaling": {"min_instance_count": 1, "max_instance_count": 5},
            "containers": [
                {"name": "main", "image": "app@sha256:1", "env": [{"name": "A", "value": "1"}]},
                {"name": "proxy", "image": "proxy:1"},
            ],
        },
    )


def merged(values: dict[str, Any]) -> dict[str, Any]:
    service = live()
    assert spec.problem(values) == ""
    spec.merge(service, values)
    return MessageToDict(run_v2.Service.pb(service))


def test_mappings_merge_key_by_key_and_defaults_can_be_written() -> None:
    template = {"healthCheckDisabled": False, "scaling": {"minInstanceCount": 0}, "timeout": "9s"}
    service = merged({"labels": {"tier": "web"}, "template": template})
    assert service["labels"] == {"team": "care", "tier": "web"}
    assert "healthCheckDisabled" not in service["template"]
    assert service["template"]["scaling"] == {"maxInstanceCount": 5}
    assert service["template"]["timeout"] == "9s"


def test_both_spellings_of_json_are_understood() -> None:
    service = merged({"template": {"max_instance_request_concurrency": 7}})
    assert service["template"]["maxInstanceRequestConcurrency"] == 7


def test_lists_of_messages_merge_by_name() -> None:
    env = [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]
    proxy = {"name": "proxy", "workingDir": "/srv"}
    containers = merged({"template": {"containers": [proxy, {"name": "main", "env": env}]}})[
        "template"
    ]["containers"]
    assert containers[0]["image"] == "app@sha256:1"
    assert containers[0]["env"] == env
    assert containers[1] == {"name": "proxy", "image": "proxy:1", "workingDir": "/srv"}


def test_a_nameless_item_is_meant_by_its_position() -> None:
    values = {"template": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": "1"}}}]}}
    container = merged(values)["template"]["containers"][0]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "1"}
    assert container["image"] == "app@sha256:1"


def test_plain_lists_are_replaced_and_oneofs_change_sides() -> None:
    probe = {"livenessProbe": {"grpc": {"port": 9}}}
    container = {"name": "main", "args": ["x"], **probe}
    twice = live()
    spec.merge(twice, {"template": {"containers": [{"livenessProbe": {"tcpSocket": {}}}]}})
    spec.merge(twice, {"template": {"containers": [container]}})
    main = MessageToDict(run_v2.Service.pb(twice))["template"]["containers"][0]
    assert main["args"] == ["x"]
    assert main["livenessProbe"] == {"grpc": {"port": 9}}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"tempalte": {}}, "tempalte"),
        ({"template": {"containers": [{"imagez": 1}]}}, "containers[0]"),
        ({"ingress": "INGRESS_TRAFFIC_SOME"}, "INGRESS_TRAFFIC_SOME"),
        ({"template": {"timeout": 20}}, "timeout"),
        ({"template": ["a"]}, "template"),
        ({"labels": {"a": 1}}, "labels"),
        ({"name": "x"}, "name"),
        ({"etag": ""}, "etag"),
        ({"traffic": []}, "traffic"),
        ({"template": {"revision": "x"}}, "template.revision"),
        ({"template": {"containers": [{}, {"image": "x"}]}}, "template.containers[1].image"),
    ],
)
def test_what_may_not_be_set_is_named(values: dict[str, Any], words: str) -> None:
    assert words in spec.problem(values)
