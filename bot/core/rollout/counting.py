"""Take new metric windows into a service's evidence, as far as they have come and can be true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import verdict
from bot.core.evidence import Counts
from bot.core.rollout.planning import verdict_config
from bot.core.verdict.arrival import PATIENCE, arrived

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.evidence import Window

KEPT = 2000
"""Windows kept with a deployment, to explain and replay it: a day and a half of minutes. What
those before them said is kept in sum."""


def counted(
    deployment: Deployment, service: ServiceRollout, visible: tuple[Sequence[Window], datetime]
) -> ServiceRollout:
    """Return the service with the windows that are visible until a moment, and their verdict."""
    windows, newest = visible
    config, evidence = verdict_config(deployment, service), service.evidence
    new = [one for one in windows if not evidence.until or one.start >= evidence.until]
    come = arrived((new, newest), config.history.due, deployment.sampling.window)
    strange = _shrunk(service, windows) if _recent(deployment, service, newest) else ""
    evidence = replace(
        evidence, missing=come.missing, strange=strange if windows else evidence.strange
    )
    taken: list[Window] = []
    for window in come.windows:
        if not evidence.strange:
            evidence = replace(evidence, strange=_overlapping(window))
        if not evidence.strange:
            evidence = verdict.update(evidence, window, config)
        if evidence.strange:
            break
        taken.append(window)
    known, before = (*service.windows, *taken), service.before
    for gone in known[:-KEPT]:
        before = verdict.update(before, gone, config)
    read = verdict.read(evidence, config)
    return replace(service, evidence=evidence, verdict=read, windows=known[-KEPT:], before=before)


def _recent(deployment: Deployment, service: ServiceRollout, newest: datetime) -> bool:
    """Tell whether the last window is so young that its first value does not stand yet."""
    until = service.evidence.until
    return until is not None and until > newest - PATIENCE * deployment.sampling.window


def _shrunk(service: ServiceRollout, windows: Sequence[Window]) -> str:
    """Return what the last window, read once more, has less of than when it was taken in."""
    last = service.windows[-1] if service.windows else None
    again = next((one for one in windows if last and one.start == last.start), None)
    if last is None or again is None:
        return ""
    sides = ((last.canary, again.canary), (last.stable, again.stable))
    if not any(_less(then or Counts(), now or Counts()) for then, now in sides):
        return ""
    return f"fewer than before in the window of {last.start:%H:%M:%S} UTC"


def _less(then: Counts, now: Counts) -> bool:
    pairs = (
        (then.requests, now.requests),
        (then.errors_5xx, now.errors_5xx),
        (then.errors_4xx, now.errors_4xx),
        (then.slow, now.slow),
    )
    return any(after < before for before, after in pairs)


def _overlapping(window: Window) -> str:
    """Return what is wrong where more requests failed than there were: classes are disjoint."""
    for counts in filter(None, (window.canary, window.stable)):
        failed = counts.errors_5xx + counts.errors_4xx
        if failed > counts.requests:
            return f"{failed} 5xx and 4xx of {counts.requests} requests"
    return ""
