"""What a rollout does with a service, and how its tests look at what came of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from google.cloud import run_v2

from bot.core.action import Accepted, Shift, Stage
from bot.core.configuration import CloudRun, ServiceKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.clients.cloud_run import CloudRunClient
    from bot.core.sight import OperationSeen, ServiceSeen

GOOD, NEXT, DEAD = (f"app@sha256:{name:0<64}" for name in ("900d", "0e47", "dead"))
OURS = {"spillway-deployment": "d1"}


def stage(
    key: ServiceKey, suffix: str, live: ServiceSeen | None = None, **changed: object
) -> Stage:
    """Stage a revision as the rollout would after it saw `live`."""
    fields = {
        "service": "web",
        "key": key,
        "revision": f"{key.service}-{suffix}",
        "revision_tag": f"c-{suffix}",
        "image": GOOD,
        "cloud_run": CloudRun(),
        "labels": OURS,
        "stable": live.serving if live else "",
        "percents": live.shares if live else {},
        "etag": live.etag if live else "",
    }
    return Stage(**{**fields, **changed})


def shift(
    key: ServiceKey, live: ServiceSeen, percents: Mapping[str, int], **changed: object
) -> Shift:
    named = {f"{key.service}-{suffix}": percent for suffix, percent in percents.items()}
    fields = {"tags": {}, "drop_tag": "", "etag": live.etag, **changed}
    return Shift(service="web", key=key, percents=named, **fields)


def ended(client: CloudRunClient, key: ServiceKey, outcome: object) -> OperationSeen:
    """Wait for the operation that an accepted write left behind."""
    assert isinstance(outcome, Accepted), outcome
    assert outcome.operation
    for _ in range(1000):
        seen = client.operation(key, outcome.operation)
        if seen.done:
            return seen
        threading.Event().wait(0.01)
    pytest.fail("the operation never ended")


def made(client: CloudRunClient, action: Stage | Shift) -> ServiceSeen:
    """Perform a write, wait for its end without an error, and look."""
    outcome = client.stage(action) if isinstance(action, Stage) else client.shift(action)
    assert ended(client, action.key, outcome).error == ""
    revisions = [action.revision] if isinstance(action, Stage) else []
    return client.service(action.key, revisions)


def released(client: CloudRunClient, key: ServiceKey, suffix: str) -> ServiceSeen:
    """A first deployment to its end: the revision is named, and its tag is gone."""
    live = made(client, stage(key, suffix, client.service(key, [])))
    return made(client, shift(key, live, {suffix: 100}, drop_tag=f"c-{suffix}"))


def split(seen: ServiceSeen) -> dict[str, int]:
    return {t.revision.rpartition("-")[2]: t.percent for t in seen.traffic if t.percent}


def tags(seen: ServiceSeen) -> dict[str, str]:
    return {t.tag: t.revision.rpartition("-")[2] for t in seen.traffic if t.tag}


def raw(gcloud: run_v2.ServicesClient, key: ServiceKey) -> run_v2.Service:
    return gcloud.get_service(name=key.name)


def deployed_by_hand(gcloud: run_v2.ServicesClient, key: ServiceKey) -> None:
    """What `gcloud run deploy` leaves behind: a named revision, and LATEST with all traffic."""
    container = {
        "image": GOOD,
        "env": [{"name": "BY_HAND", "value": "kept"}, {"name": "MODE", "value": "old"}],
        "resources": {"limits": {"memory": "4Gi", "cpu": "2"}},
        "ports": [{"name": "h2c", "container_port": 9000}],
    }
    service = run_v2.Service(
        description="made by hand",
        labels={"team": "care"},
        annotations={"example.test/owner": "care"},
        scaling={"min_instance_count": 1},
        template={
            "revision": f"{key.service}-hand",
            "timeout": {"seconds": 77},
            "session_affinity": True,
            "annotations": {"example.test/note": "n"},
            "containers": [container],
        },
        traffic=[
            {"type_": 1, "percent": 100},
            {"type_": 2, "revision": f"{key.service}-hand", "tag": "qa"},
        ],
    )
    parent = key.name.partition("/services/")[0]
    gcloud.create_service(parent=parent, service=service, service_id=key.service).result(timeout=10)
