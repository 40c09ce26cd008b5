"""Traffic targets: percentages between named revisions, and tags beside them.

We give LATEST traffic only in the write that makes a service, which has no revision to name yet;
the next write pins it, as a revision that somebody else makes would move it. What people gave it
while a rollout is held for that stays on it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from google.cloud.run_v2 import Service, TrafficTarget, TrafficTargetAllocationType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.core.action import Shift, Stage

LATEST = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_OURS = re.compile(r"c-[0-9a-f]{4}")


def staged(live: Service, action: Stage) -> list[TrafficTarget]:
    """Traffic as it was, the new revision at 0 % with its tag, other people's tags kept."""
    tags = {action.revision_tag: action.revision}
    if not action.percents:
        newest = TrafficTarget(type_=LATEST, percent=100, tag=action.revision_tag)
        return [newest, *_kept(live, tags)]
    return [*_named(action.percents), *_kept(live, tags), *_tagged(tags)]


def shifted(live: Service, action: Shift) -> list[TrafficTarget]:
    """Exactly the action's percentages, or those that are; its tags, and those of other people."""
    tags = {tag: name for tag, name in action.tags.items() if tag != action.drop_tag}
    shares = _named(action.percents) or _as_they_are(live)
    return [*shares, *_kept(live, (*action.tags, action.drop_tag)), *_tagged(tags)]


def same(one: Sequence[TrafficTarget], other: Sequence[TrafficTarget]) -> bool:
    """Tell whether two lists of targets mean the same, however they are written down."""
    return _shares(one) == _shares(other) and _tags(one) == _tags(other)


def _named(percents: Mapping[str, int]) -> list[TrafficTarget]:
    return [
        TrafficTarget(type_=REVISION, revision=name, percent=percent)
        for name, percent in percents.items()
        if percent
    ]


def _as_they_are(live: Service) -> list[TrafficTarget]:
    """Return the traffic without tags; what somebody lets follow LATEST goes on following it."""
    return [
        TrafficTarget(type_=target.type_, revision=target.revision, percent=target.percent)
        for target in live.traffic_statuses
        if target.percent
    ]


def _tagged(tags: dict[str, str]) -> list[TrafficTarget]:
    return [TrafficTarget(type_=REVISION, revision=name, tag=tag) for tag, name in tags.items()]


def _kept(live: Service, ours: Iterable[str]) -> list[TrafficTarget]:
    """Return other people's tags, without traffic; one of theirs may go on following LATEST.

    A tag that never took effect is on a revision that failed; kept, it would fail every write. One
    of ours on LATEST was left by a first deployment that came to nothing.
    """
    standing = {target.tag for target in live.traffic_statuses}
    if live.reconciling:
        standing.update(target.tag for target in live.traffic)
    theirs = standing - {"", *ours}
    return [
        TrafficTarget(type_=target.type_, revision=target.revision, tag=target.tag)
        for target in live.traffic
        if target.tag in theirs and not (target.type_ == LATEST and _OURS.fullmatch(target.tag))
    ]


def _shares(targets: Sequence[TrafficTarget]) -> dict[str, int]:
    shares: dict[str, int] = {}
    for target in targets:
        if target.percent:
            shares[_pointed(target)] = shares.get(_pointed(target), 0) + target.percent
    return shares


def _tags(targets: Sequence[TrafficTarget]) -> dict[str, str]:
    return {target.tag: _pointed(target) for target in targets if target.tag}


def _pointed(target: TrafficTarget) -> str:
    """Return the named revision, nothing for LATEST."""
    return "" if target.type_ == LATEST else target.revision
