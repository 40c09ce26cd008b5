"""How a rollout goes on, and how it went: the plan of its steps, and traffic and errors over time.

What is said here changes with each step, not with each window: GitHub counts requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Phase
from bot.core.evidence import Counts
from bot.core.rollout.turn import ENDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.evidence import Window

POINTS = 60
"""Points of a chart at most: more are not told apart."""
COLOURS = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#d1242f, #1a7f37"}}}}%%'
"""Lines in GitHub's own red and green (https://mermaid.js.org/syntax/xyChart.html)."""
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
    would = deployment.shadow.removeprefix("shadow: ")
    said = [f"**Shadow**: {would}."] if would else []
    for service in deployment.services if deployment.phase not in ENDS else ():
        if service.splits and not service.first:
            said += _reduced(service)
    return said


def _reduced(service: ServiceRollout) -> Iterator[str]:
    """Say what cannot be judged as well as ever, for want of what stable did before."""
    name, history = service.plan.name, service.history
    if history is None or history.windows < LITTLE:
        why = "stable has hardly any history" if history else "stable's last day is not known"
        yield (
            f"**Reduced power** for {name}: {why}, so that its noise is assumed to be high. "
            "Catastrophes are caught as quickly as ever."
        )
    if not service.slow_above:
        yield (
            f"**Slow answers** of {name} are not compared: stable's last day does not tell which "
            "are slow. `max_p95` in deploy.yaml would."
        )


def _charts(deployment: Deployment) -> list[str]:
    until = None if deployment.phase in ENDS else deployment.share_since
    charts = (_charted(s, until) for s in deployment.services)
    return [one for one in charts if one]


def _charted(service: ServiceRollout, until: datetime | None) -> str:
    """Return Mermaid charts of the windows before a moment, of all of them without one."""
    windows = [w for w in service.windows if until is None or w.end <= until]
    if not windows:
        return ""
    thinned = _together(windows, -(-len(windows) // POINTS))
    ratios = [_ratios(thinned, side) for side in ("canary", "stable")]
    worst = max(1.0, *ratios[0], *ratios[1])
    minutes = max((windows[-1].start - windows[0].start).total_seconds() / 60, 0.1)
    return "\n".join(
        (
            f"<details><summary>{service.plan.name}: traffic and server errors</summary>\n",
            *_chart("canary's share of traffic (%)", minutes, 100.0, [[w.share for w in thinned]]),
            *_chart("server errors (%): canary red, stable green", minutes, worst, ratios),
            "</details>",
        )
    )


def _together(windows: Sequence[Window], each: int) -> list[Window]:
    """Return so many windows each as one, so that no failure is left out of a chart."""
    parts = (windows[at : at + each] for at in range(0, len(windows), each))
    return [
        replace(
            part[-1],
            start=part[0].start,
            canary=_sum(window.canary for window in part),
            stable=_sum(window.stable for window in part),
        )
        for part in parts
    ]


def _sum(several: Iterable[Counts | None]) -> Counts:
    counted = [counts for counts in several if counts]
    return Counts(
        requests=sum(counts.requests for counts in counted),
        errors_5xx=sum(counts.errors_5xx for counts in counted),
    )


def _chart(title: str, minutes: float, top: float, lines: Sequence[Sequence[float]]) -> list[str]:
    return [
        "```mermaid",
        *([COLOURS] if len(lines) > 1 else []),
        "xychart-beta",
        f'    title "{title}"',
        f'    x-axis "minutes" 0 --> {minutes:.1f}',
        f'    y-axis "%" 0 --> {top:.3g}',
        *(f"    line [{', '.join(f'{value:.4g}' for value in line)}]" for line in lines),
        "```\n",
    ]


def _ratios(windows: Sequence[Window], side: str) -> list[float]:
    return [_percent(getattr(window, side)) for window in windows]


def _percent(counts: Counts | None) -> float:
    if counts is None or not counts.requests:
        return 0.0
    return 100.0 * counts.errors_5xx / counts.requests
