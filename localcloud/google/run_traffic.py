"""Traffic targets: what may be asked for, and who answers then.

https://cloud.google.com/run/docs/reference/rest/v2/TrafficTarget
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from google.cloud import run_v2

from localcloud.google.errors import refuse
from localcloud.google.protocol import raw
from localcloud.google.run_records import last
from localcloud.runtime.interface import ServiceRoutes

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.protocol import Proto

_ALLOCATION = run_v2.TrafficTargetAllocationType
LATEST = _ALLOCATION.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
NAMED = _ALLOCATION.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_STATUS = raw(run_v2.TrafficTargetStatus)
_TARGET = raw(run_v2.TrafficTarget)
_TAG = re.compile(r"[a-z]([-a-z0-9]{0,44}[a-z0-9])?")
_ALL = 100
_LONGEST_TOGETHER = 46


def targets_of(service: Proto) -> list[Proto]:
    """Return the targets that hold; none given means all to the latest ready revision."""
    return list(service.traffic) or [_TARGET(type_=LATEST, percent=_ALL)]


def check_traffic(service: Proto) -> None:
    """Refuse targets that Cloud Run refuses; that a revision is no more it finds out later."""
    targets = targets_of(service)
    for target in targets:
        _check_target(target)
        _check_length(target.tag, last(service.name))
    total = sum(target.percent for target in targets)
    if total != _ALL:
        refuse(f"Invalid traffic: percent must sum to 100, but it sums to {total}.")
    tags = [target.tag for target in targets if target.tag]
    if len(tags) != len(set(tags)):
        refuse("Invalid traffic: a tag may stand only once.")


def _check_target(target: Proto) -> None:
    if target.type_ not in {LATEST, NAMED}:
        refuse("Invalid traffic: every target needs a type.")
    if target.type_ == LATEST and target.revision:
        refuse("Invalid traffic: a target of the latest revision must not name one.")
    if not 0 <= target.percent <= _ALL:
        refuse(f"Invalid traffic: percent {target.percent} is not within 0 and 100.")
    if target.tag and not _TAG.fullmatch(target.tag):
        refuse(f"Invalid traffic: '{target.tag}' is no tag name.")


def _check_length(tag: str, service_id: str) -> None:
    """Refuse a tag that would make its address too long a name, in Cloud Run's own words."""
    if tag and len(tag) + len(service_id) > _LONGEST_TOGETHER:
        refuse(
            f"spec.traffic.tag: traffic tag '{tag}' and service name '{service_id}' together are "
            "too long. Combined traffic tag and service name cannot exceed "
            f"{_LONGEST_TOGETHER} characters."
        )


def revision_of(service: Proto, target: Proto) -> str:
    """Return the full name of the revision that a target means now; "" when none is ready yet."""
    if target.type_ == LATEST:
        return str(service.latest_ready_revision)
    return f"{service.name}/revisions/{target.revision}"


def routes_of(service: Proto, statuses: list[Proto], *, public: bool) -> ServiceRoutes:
    """Return the split of these statuses for the proxy."""
    weights: dict[str, int] = {}
    tags: dict[str, str] = {}
    for target in statuses:
        revision = revision_of(service, target)
        weights[revision] = weights.get(revision, 0) + target.percent
        if target.tag:
            tags[target.tag] = revision
    return ServiceRoutes({name: share for name, share in weights.items() if share}, tags, public)


def serving_revisions(service: Proto, statuses: list[Proto]) -> set[str]:
    """Return the revisions that must run: with a share of the traffic, or with a tag."""
    named = [target for target in statuses if target.percent or target.tag]
    return {revision_of(service, target) for target in named} - {""}


def statuses_of(targets: list[Proto], url: Callable[[str], str]) -> list[Proto]:
    """Return the observed form of targets; a tag has its own address."""
    return [
        _STATUS(
            type_=target.type_,
            revision=target.revision,
            percent=target.percent,
            tag=target.tag,
            uri=url(target.tag) if target.tag else "",
        )
        for target in targets
    ]
