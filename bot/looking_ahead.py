"""What the next rollout to an environment can promise, from the traffic of its last week."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core import forecast, verdict
from bot.core.evidence import History
from bot.core.report.phrases import age
from bot.core.rollout.planning import route, verdict_config
from bot.core.route import Sampling
from bot.ports import Metrics, WindowsAsked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.model import Release

WEEK = timedelta(days=7)
MOST = 7 * 1440
"""Windows at most: a week of minutes."""


class Foresight(Struct, frozen=True):
    """Where traffic is looked up."""

    metrics: Metrics
    sampling: Sampling


def lines(
    seeing: Foresight, made: Deployment, running: dict[str, str], now: datetime
) -> Iterator[str]:
    """Say what each step lasts and catches, for each service of which a revision is running.

    Raises Transient when Cloud Monitoring cannot be read.
    """
    known = (s for s in made.services if s.plan.name in running)
    judged = tuple(_looked_up(seeing, s, running[s.plan.name], now) for s in known)
    likely = replace(made, services=judged, sampling=seeing.sampling)
    for service in judged:
        history = service.history or History()
        name = service.plan.name
        seen = age(history.windows * seeing.sampling.window)
        yield (
            f"{name}: {history.requests:.1f} requests a window, as {running[name]} has had them "
            f"for {seen} of the last week"
        )
        yield from _steps(replace(likely, level=service.plan.level), service)


def now_running(live: Release | None, likely: Deployment) -> dict[str, str]:
    """Return which revision of each service runs now: what is live, or else was met there."""
    if live is not None:
        return {name: service.revision for name, service in live.services.items()}
    return {s.plan.name: s.stable for s in likely.services if s.stable}


def _looked_up(
    seeing: Foresight, service: ServiceRollout, revision: str, now: datetime
) -> ServiceRollout:
    window = seeing.sampling.window
    until = now - seeing.sampling.lag
    since = until - min(WEEK, MOST * window)
    day = seeing.metrics.day(service.plan.key, WindowsAsked((revision,), since, until))
    history = verdict.summary(day.windows)
    return replace(service, history=history, changed=True, first=False)


def _steps(likely: Deployment, service: ServiceRollout) -> Iterator[str]:
    sampling = (likely.sampling.window, likely.sampling.lag)
    way, config = route(likely), verdict_config(likely, service)
    for step in forecast.ahead(config.history, way, sampling, config.alpha):
        caught = f"5xx above {100 * step.smallest:.2g} %" if step.smallest < 1 else "catastrophes"
        minutes = step.lasts.total_seconds() / 60
        needs = f"{minutes:.1f} min, {step.requests:.0f} requests"
        yield f"  {step.share:3} %: {needs}, catches {caught}"
    yield "  100 %: watched on, against what stable answered before"
    if said := forecast.advice(config.history, way):
        yield f"  {said}"
    if said := forecast.cold(service.plan.cloud_run, config.history, way, service.kept):
        yield f"  {said}"
