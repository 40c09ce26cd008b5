"""What the Admin API v2 says about a service, in the words of `bot.core.sight`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud import run_v2

from bot.clients.cloud_run.template import main_container
from bot.clients.cloud_run.traffic import LATEST
from bot.core.sight import OperationSeen, RevisionSeen, ServiceSeen, TrafficSeen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.longrunning.operations_pb2 import Operation

READY = {
    run_v2.Condition.State.CONDITION_SUCCEEDED: True,
    run_v2.Condition.State.CONDITION_FAILED: False,
}


def service_seen(service: run_v2.Service, revisions: Iterable[run_v2.Revision]) -> ServiceSeen:
    """Return a service with these of its revisions."""
    seen = [revision_seen(revision) for revision in revisions]
    return ServiceSeen(
        exists=True,
        etag=service.etag,
        uri=service.uri,
        url_disabled=service.default_uri_disabled,
        reconciling=service.reconciling,
        unrouted=_unrouted(service),
        latest_created=short(service.latest_created_revision),
        labels=dict(service.labels),
        traffic=traffic_seen(service),
        tags_wanted=frozenset(target.tag for target in service.traffic if target.tag),
        follows_latest=any(one.type_ == LATEST and one.percent for one in service.traffic_statuses),
        revisions={revision.name: revision for revision in seen},
    )


def traffic_seen(service: run_v2.Service) -> tuple[TrafficSeen, ...]:
    """Return the traffic as it really is, not as it is wanted; LATEST as its revision.

    While no revision has ever become ready, LATEST is none.
    """
    latest = short(service.latest_ready_revision)
    return tuple(
        TrafficSeen(revision=revision, percent=target.percent, tag=target.tag, uri=target.uri)
        for target in service.traffic_statuses
        if (revision := latest if target.type_ == LATEST else target.revision)
    )


def revision_seen(revision: run_v2.Revision) -> RevisionSeen:
    """Return a revision with its Ready condition."""
    ready = _ready(revision)
    return RevisionSeen(
        name=short(revision.name),
        ready=READY.get(ready.state),
        reason=_reason(ready),
        message=ready.message,
        image=_image(revision),
        labels=dict(revision.labels),
    )


def operation_seen(operation: Operation) -> OperationSeen:
    """Return how an operation stands, with Google's words when it failed."""
    return OperationSeen(done=operation.done, error=operation.error.message)


def short(name: str) -> str:
    """Return the last part of a resource name."""
    return name.rpartition("/")[2]


def _unrouted(service: run_v2.Service) -> str:
    """Return the words of a failed RoutesReady, or nothing."""
    failed = run_v2.Condition.State.CONDITION_FAILED
    routes = (one for one in service.conditions if one.type_ == "RoutesReady")
    return next((str(one.message) for one in routes if one.state == failed), "")


def _ready(revision: run_v2.Revision) -> run_v2.Condition:
    named = (condition for condition in revision.conditions if condition.type_ == "Ready")
    return next(named, run_v2.Condition())


def _reason(condition: run_v2.Condition) -> str:
    """Return the name of whichever reason is set; the number for one newer than this library."""
    for kind in ("revision_reason", "reason", "execution_reason"):
        if kind in condition:
            reason = getattr(condition, kind)
            return str(getattr(reason, "name", reason))
    return ""


def _image(revision: run_v2.Revision) -> str:
    template = run_v2.RevisionTemplate(containers=revision.containers)
    return str(main_container(template).image)
