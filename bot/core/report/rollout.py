"""How a rollout goes on, and how it went: the plan of its steps, and traffic and errors over time.

What is said here changes with each step, not with each window: GitHub counts requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Phase
from bot.core.rollout.turn import ENDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.evidence import Counts, Window

POINTS = 60
"""Points of a chart at most: more are not told apart."""
LITTLE = 180
"""Windows of history below which its noise is hardly known."""


def course(deployment: Deployment) -> list[str]:
    """Return what is to be said about the course of a rollout."""
    return [*_ahead(deployment), *_doubts(deployment), *_charts(deployment)]


def _ahead(deployment: Deployment) -> list[str]:
    """Say when the next step may come, and which ones follow."""
    steps, since = deployment.route.steps, deployment.share_since
    if deployment.phase is not Phase.SHIFTING or since is None or not steps:
        return []
    step = steps[min(deployment.course.step, len(steps) - 1)]
    earliest = since + step.bake * deployment.sampling.window + deployment.sampling.lag
    shares = [f"{s.share} %" for s in steps[deployment.course.step + 1 :]] + ["100 %"]
    return [f"Next step not before {earliest:%H:%M:%S} UTC: {' → '.join(shares)}."]


def _doubts(deployment: Deployment) -> list[str]:
    shadow = [f"**Shadow**: {deployment.shadow}."] if deployment.shadow else []
    return shadow + [
        f"**Reduced power** for {s.plan.name}: stable has hardly any history, so that its "
        "noise is assumed to be high. Catastrophes are caught as quickly as ever."
        for s in deployment.services
        if s.splits and not s.first and (s.history is None or s.history.windows < LITTLE)
        if deployment.phase not in ENDS
    ]


def _charts(deployment: Deployment) -> list[str]:
    until = None if deployment.phase in ENDS else deployment.share_since
    charts = (_chart(s, until) for s in deployment.services)
    return [one for one in charts if one]


def _chart(service: ServiceRollout, until: datetime | None) -> str:
    """Return a Mermaid chart of the windows before a moment, all of them without one."""
    windows = [w for w in service.windows if until is None or w.end <= until]
    if not windows:
        return ""
    thinned = windows[:: -(-len(windows) // POINTS)]
    minutes = (thinned[-1].start - thinned[0].start).total_seconds() / 60
    return "\n".join(
        (
            f"<details><summary>{service.plan.name}: traffic and server errors</summary>\n",
            "```mermaid",
            "xychart-beta",
            '    title "share of traffic, server errors of canary and of stable (%)"',
            f'    x-axis "minutes" 0 --> {max(minutes, 0.1):.1f}',
            '    y-axis "%" 0 --> 100',
            f"    line [{', '.join(str(w.share) for w in thinned)}]",
            f"    line [{_ratios(thinned, 'canary')}]",
            f"    line [{_ratios(thinned, 'stable')}]",
            "```\n\n</details>",
        )
    )


def _ratios(windows: Sequence[Window], side: str) -> str:
    return ", ".join(f"{_percent(getattr(window, side)):.2f}" for window in windows)


def _percent(counts: Counts | None) -> float:
    if counts is None or not counts.requests:
        return 0.0
    return 100.0 * counts.errors_5xx / counts.requests
