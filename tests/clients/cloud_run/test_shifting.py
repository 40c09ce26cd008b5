"""Traffic and access change over the wire against the local Google."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2

from bot.core.action import Accepted, Conflicted, OpenToAll
from tests.clients.cloud_run.steps import (
    DEAD,
    NEXT,
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
    from bot.core.configuration import ServiceKey

INVOKER = "roles/run.invoker"


def test_traffic_moves_in_one_write_that_makes_no_revision(
    client: CloudRunClient, key: ServiceKey
) -> None:
    staged = made(client, stage(key, "b", released(client, key, "a"), image=NEXT))
    seen = made(client, shift(key, staged, {"a": 80, "b": 20}))
    assert split(seen) == {"a": 80, "b": 20}
    assert seen.serving == ""
    assert {name.rpartition("-")[2] for name in seen.revisions} == {"a", "b"}
    again = shift(key, staged, {"a": 80, "b": 20, "c": 0})
    assert client.shift(again) == Accepted(service="web", operation="")
    last = made(client, shift(key, seen, {"b": 100, "a": 0}, drop_tag="c-b"))
    assert (split(last), tags(last)) == ({"b": 100}, {})
    assert last.latest_created == f"{key.service}-b"


def test_tags_are_set_and_moved_and_those_of_others_are_kept(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    deployed_by_hand(gcloud, key)
    staged = made(client, stage(key, "b", client.service(key, []), image=NEXT))
    names = {"prod": f"{key.service}-b", "c-b": f"{key.service}-hand"}
    seen = made(client, shift(key, staged, {"b": 100}, tags=names))
    assert tags(seen) == {"qa": "hand", "prod": "b", "c-b": "hand"}


def test_latest_is_pinned_even_where_the_percentages_agree(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    deployed_by_hand(gcloud, key)
    made(client, shift(key, client.service(key, []), {"hand": 100}))
    shares = [target for target in raw(gcloud, key).traffic if target.percent]
    assert [target.revision for target in shares] == [f"{key.service}-hand"]


def test_a_tag_goes_and_what_follows_latest_goes_on_following_it(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    deployed_by_hand(gcloud, key)
    made(client, stage(key, "b", client.service(key, []), image=NEXT))
    latest = raw(gcloud, key)
    latest.traffic[0] = run_v2.TrafficTarget(type_=1, percent=100)
    gcloud.update_service(service=latest).result(timeout=10)
    left = made(client, shift(key, client.service(key, []), {}, drop_tag="c-b"))
    assert (split(left), tags(left), left.follows_latest) == ({"b": 100}, {"qa": "hand"}, True)


def test_traffic_to_nowhere_is_taken_and_fails(client: CloudRunClient, key: ServiceKey) -> None:
    live = made(client, stage(key, "a"))
    outcome = client.shift(shift(key, live, {"gone": 100}))
    assert f"'{key.service}-gone' does not exist or is deleted" in ended(client, key, outcome).error
    seen = client.service(key, [])
    assert (split(seen), "gone' does not exist" in seen.unrouted) == ({"a": 100}, True)
    assert made(client, shift(key, seen, {"a": 100})).unrouted == ""


def test_traffic_that_cloud_run_failed_to_move_is_written_again_and_says_why(
    client: CloudRunClient, key: ServiceKey
) -> None:
    staged = stage(key, "b", made(client, stage(key, "a")), image=DEAD)
    assert ended(client, key, client.stage(staged)).error
    made(client, stage(key, "c", client.service(key, []), image=NEXT))
    for _ in range(2):
        live = client.service(key, [])
        write = client.shift(shift(key, live, {"a": 80, "b": 20}))
        assert "not ready" in ended(client, key, write).error
    seen = client.service(key, [])
    assert split(seen) == {"a": 100}
    assert f"'{key.service}-b' is not ready" in seen.unrouted
    back = made(client, shift(key, seen, {"a": 100}))
    assert (split(back), back.unrouted) == ({"a": 100}, "")


def test_opening_adds_everybody_once_and_keeps_who_is_there(
    client: CloudRunClient, gcloud: run_v2.ServicesClient, key: ServiceKey
) -> None:
    made(client, stage(key, "a"))
    member = "serviceAccount:caller@demo.iam.gserviceaccount.com"
    policy = {"bindings": [{"role": INVOKER, "members": [member]}]}
    gcloud.set_iam_policy(iam_policy_pb2.SetIamPolicyRequest(resource=key.name, policy=policy))
    for _ in range(2):
        opened = client.open_to_all(OpenToAll(service="web", key=key))
        assert opened == Accepted(service="web", operation="")
    bindings = gcloud.get_iam_policy(request={"resource": key.name}).bindings
    assert sorted(m for b in bindings for m in b.members) == ["allUsers", member]
    assert {binding.role for binding in bindings} == {INVOKER}


def test_nothing_can_be_opened_that_is_not_there(client: CloudRunClient, key: ServiceKey) -> None:
    assert client.open_to_all(OpenToAll(service="web", key=key)) == Conflicted(service="web")
