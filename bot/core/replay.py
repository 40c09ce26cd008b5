"""A past rollout once more: every window again, under the same rule or under another.

Everything that decided is stored with the deployment: the windows, stable's last day, the
parameters and the steps. Under the same parameters each line comes out the same, to the byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core import verdict
from bot.core.evidence import Metric, Verdict, Window
from bot.core.rollout.planning import verdict_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.configuration import Rollout
    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.evidence import VerdictConfig


class Judged(Struct, frozen=True):
    """One window of one service, and what was known after it."""

    service: str
    window: Window
    verdict: Verdict


def under(deployment: Deployment, rollout: Rollout) -> Deployment:
    """Return the deployment with another rule; windows, history and splits stay what they were.

    So only what the verdict reads of the rule changes anything: see `planning.verdict_config`.
    """
    return replace(deployment, plan=replace(deployment.plan, rollout=rollout))


def replayed(deployment: Deployment) -> Iterator[Judged]:
    """Judge every stored window of every service again, in order of time within a service.

    Windows end where the deployment did: what nobody acted on, such as a shadow verdict, ends none.
    """
    for service in deployment.services:
        config, evidence = verdict_config(deployment, service), service.before
        for window in service.windows:
            evidence = verdict.update(evidence, window, config)
            yield Judged(service.plan.name, window, verdict.read(evidence, config))


def line(judged: Judged) -> str:
    """Return one window and its verdict as one line."""
    window, read = judged.window, judged.verdict
    numbers = verdict.reason(read)
    return f"{window.start:%H:%M:%S} {window.share:3} % {read.finding.value:<9} {numbers}"


def inputs(deployment: Deployment, service: ServiceRollout) -> Iterator[str]:
    """Return what the rule went in with: parameters, steps, and what history says."""
    config = verdict_config(deployment, service)
    steps = ", ".join(f"{s.share} % for {s.bake} windows" for s in deployment.route.steps)
    yield f"{service.plan.name}: alpha {config.alpha:g}, steps {steps or 'none'}, then 100 %"
    if service.before.seen:
        yield (
            f"  {service.before.seen} older windows are not kept; what follows goes on from what "
            "they said under the rule of that time"
        )
    history = config.history
    if not history.windows:
        yield "  no history: noise is assumed to be high"
        return
    yield f"  history: {history.windows} windows of {history.requests:.1f} requests"
    for metric in config.metrics:
        yield _past(config, metric)


def _past(config: VerdictConfig, metric: Metric) -> str:
    past = config.history.past(metric)
    known = "measured" if past.measured else "assumed"
    return (
        f"  {metric.value}: {100 * past.rate:.3f} %, noise {past.noise:.2f} ({known}), "
        f"lasting {past.persistence:.1f} windows"
    )


def course_of(deployment: Deployment) -> Iterator[str]:
    """Return the steps that were taken, each with its reason."""
    for step in deployment.steps_taken:
        yield f"{step.at:%H:%M:%S} {step.share:3} % {', '.join(step.services)}: {step.why}"
