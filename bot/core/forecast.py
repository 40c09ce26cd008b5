"""What a rollout can promise before it begins: how long its steps last, and what they can catch.

From stable's last day: at each step, how many requests the canary gets while it bakes, and the
smallest 5xx ratio whose evidence is expected to reach 1/alpha in that time. Expected evidence of
n requests is n times the divergence of two Bernoulli rates (Wald 1945), less what noise hides:
a window tells at most k(ln r + 1/r - 1), k = 1/noise (docs/verdict.md).
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core import course
from bot.core.evidence import Metric
from bot.core.verdict.catastrophe import tolerance
from bot.core.verdict.fold import STEP_UP, WARM_UP

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.core.configuration import CloudRun
    from bot.core.evidence import History
    from bot.core.route import Route

BELIEFS = math.log(25.0)
"""What the unknown start, metric and size of the trouble cost, in nats: at most this, mostly."""
LARGEST = 0.95
FINENESS = 1.05
THIN = 20.0
"""Canary requests per window from which one window shows a catastrophe."""

SYNTHETIC = "synthetic requests to the tag's address and, beside them, to the service's own"
"""A canary that answers while stable has no series looks as if metrics were missing."""
INSTANCES = frozenset({"min_instances", "scaling"})
"""What may stand on a service already, beside deploy.yaml, that keeps instances running."""


class Ahead(Struct, frozen=True):
    """One step, before it is taken."""

    share: int
    lasts: timedelta
    requests: float
    """Of the canary, while it bakes."""
    smallest: float
    """The smallest 5xx ratio that is expected to be caught by its end; 1 = none."""


def ahead(
    history: History, route: Route, sampling: tuple[timedelta, timedelta], alpha: float
) -> list[Ahead]:
    """Return every step of a route; `sampling` is the length of a window and the lag."""
    window, lag = sampling
    found, windows = [], []
    for step in route.steps:
        requests = history.requests * step.share / course.FULL
        windows.append((requests, step.bake))
        smallest = _smallest(history, windows, math.log(1.0 / alpha) + BELIEFS)
        lasts = step.bake * window + lag
        found.append(Ahead(step.share, lasts, requests * step.bake, smallest))
    return found


def advice(history: History, route: Route) -> str:
    """Return what to do where traffic is too thin, or nothing."""
    if not route.steps:
        return "There is no step below 100 %, so nothing can be compared."
    first = history.requests * route.steps[0].share / course.FULL
    if not history.requests:
        return f"There was no traffic. What helps in each step: {SYNTHETIC}."
    if first >= THIN:
        return ""
    share = min(50, math.ceil(course.FULL * THIN / history.requests))
    larger = f"a first step of {share} %, or " if share > route.steps[0].share else ""
    return (
        f"The first step gives the canary {first:.1f} requests a window; with fewer than {THIN:g} "
        f"even a catastrophe takes several. What helps: {larger}"
        f"{SYNTHETIC}."
    )


def cold(
    settings: CloudRun, history: History, route: Route, kept: Collection[str] | None = None
) -> str:
    """Return what first requests may meet where no instance waits for them, or nothing."""
    spec = str(settings.spec)
    elsewhere = INSTANCES & set(kept or ()) or "minInstance" in spec or "min_instance" in spec
    if settings.min_instances or elsewhere or not route.steps:
        return ""
    return (
        f"No min_instances: first requests may meet cold starts. {100 * tolerance(history):.0f} "
        f"points of failures are forgiven in the first {WARM_UP} windows and in {STEP_UP} after "
        "each step. `cloud_run: {min_instances: 1}` has an instance ready before."
    )


def _smallest(history: History, windows: list[tuple[float, int]], needed: float) -> float:
    past = history.past(Metric.ERRORS)
    rate = past.rate * FINENESS
    while rate < LARGEST:
        told = sum(
            bake * _told(requests, past.rate, rate, past.noise) for requests, bake in windows
        )
        if told / past.persistence >= needed:
            return rate
        rate *= FINENESS
    return 1.0


def _told(requests: float, usual: float, rate: float, noise: float) -> float:
    """Return the expected evidence of a window, in nats."""
    ratio, k = rate / usual, 1.0 / (2.0 * noise)
    chance = rate * math.log(ratio) + (1.0 - rate) * math.log((1.0 - rate) / (1.0 - usual))
    most = k * (math.log(ratio) + 1.0 / ratio - 1.0)
    return min(requests * chance, most) if requests else 0.0
