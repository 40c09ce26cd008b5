"""The verdict's numbers, and how people read them.

"12 times as likely (at least 4.1)" is the ratio of both bad ratios and the bound of a confidence
sequence for it, valid at every look: the normal mixture of Robbins, "Statistical Methods Related
to the Law of the Iterated Logarithm", Annals of Mathematical Statistics 41 (1970), on the
logarithm of the ratio, whose variance is that of Katz and others, Biometrics 34 (1978).
"""

from __future__ import annotations

import math

from bot.core.evidence import Counts, Evidence, Finding, Metric, Verdict

BOUND = 0.01
PRIOR = math.log(2.0) ** 2
"""Variance of the mixture: ratios of two are ordinary."""
NAMES = {
    Metric.ERRORS: "server errors",
    Metric.SLOW: "slow answers",
    Metric.REJECTED: "client errors",
}
_MOST = 1e12


def told(evidence: Evidence, finding: Finding, odds: float, metric: Metric) -> Verdict:
    """Return the verdict with its numbers: of both sides while both had traffic."""
    canary, stable = evidence.canary_total, evidence.stable_total
    if finding is Finding.ALARMED or not canary.requests:
        canary = evidence.canary
    ratio, least = ratios(canary, stable, metric)
    return Verdict(
        finding=finding,
        odds=odds,
        metric=metric,
        ratio=ratio,
        at_least=least,
        canary=canary,
        stable=stable,
    )


def ratios(canary: Counts, stable: Counts, metric: Metric) -> tuple[float, float]:
    """Return how many times as often the canary does it, and the least that this may be."""
    bad, usual = getattr(canary, metric.value), getattr(stable, metric.value)
    if not bad or not stable.requests:
        return 0.0, 0.0
    usual = usual or 0.5
    ratio = bad / canary.requests / (usual / stable.requests)
    variance = 1.0 / bad + 1.0 / usual
    radius = variance * (-2.0 * math.log(BOUND) + math.log(1.0 + PRIOR / variance))
    return ratio, ratio * math.exp(-math.sqrt(radius))


def reason(verdict: Verdict) -> str:
    """Return the numbers in one line."""
    canary, stable, name = verdict.canary, verdict.stable, NAMES[verdict.metric]
    parts = [f"canary {_of(canary, verdict.metric)}"]
    if stable.requests:
        parts[0] += f" against stable {_of(stable, verdict.metric)}"
    parts[0] += f" {name}"
    if verdict.ratio and verdict.odds >= 1.0:
        parts.append(
            f"{number(verdict.ratio)} times as likely (at least {number(verdict.at_least)})"
        )
    return ": ".join(parts) + f", evidence {odds(verdict.odds)}"


def unseen(requests: int) -> str:
    """Return which failures so many requests would not have shown, 19 times of 20."""
    if not requests:
        return "nothing could have been seen"
    share = 100.0 * (1.0 - 0.05 ** (1.0 / requests))
    return f"only failures above {number(share)} % would have shown"


def odds(value: float) -> str:
    """Return evidence as odds against the canary; below even it is for it."""
    if value >= _MOST:
        return "over 1 000 000 000 000 : 1"
    return (
        f"{number(value)} : 1" if value >= 1.0 else f"1 : {number(1.0 / max(value, 1.0 / _MOST))}"
    )


def number(value: float) -> str:
    """Return two digits that matter, or a whole number with a space between thousands."""
    if value >= 10.0:  # noqa: PLR2004  # two digits
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}".removesuffix(".0")


def _of(counts: Counts, metric: Metric) -> str:
    return f"{number(getattr(counts, metric.value))}/{number(counts.requests)}"
