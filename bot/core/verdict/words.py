"""The verdict's numbers, and how people read them.

"12 times as likely (at least 3.4)" is the ratio of both bad ratios and the bound of a confidence
sequence for it, valid at every look and for few failures: of all that failed, each was the
canary's with one probability, which a mixture over all probabilities beats by 100 : 1 where it is
too small (Robbins, "Statistical Methods Related to the Law of the Iterated Logarithm", Annals of
Mathematical Statistics 41, 1970). The split counts as if it had been the same throughout.
"""

from __future__ import annotations

import math

from bot.core.evidence import Counts, Evidence, Finding, Metric, Verdict

BOUND = 0.01
NAMES = {
    Metric.ERRORS: "server errors",
    Metric.SLOW: "slow answers",
    Metric.REJECTED: "client errors",
    Metric.LOGGED: "error log lines",
}
_MOST = 1e12
_HALVINGS = 40


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


def untold(evidence: Evidence, nats: float) -> Verdict:
    """Return the verdict on a canary that answers hardly anything, both sides at this split."""
    return Verdict(
        finding=Finding.MUTE,
        odds=math.exp(min(nats, 200.0)),
        canary=evidence.canary,
        stable=evidence.stable,
    )


def unanswered(evidence: Evidence, nats: float) -> Verdict:
    """Return the verdict on a canary at 100 % that answers hardly any of what is usual."""
    return Verdict(
        finding=Finding.ALARMED,
        odds=math.exp(min(nats, 200.0)),
        canary=Counts(evidence.lull.answered),
        due=evidence.lull.due,
    )


def ratios(canary: Counts, stable: Counts, metric: Metric) -> tuple[float, float]:
    """Return how many times as often the canary does it, and the least that this may be."""
    bad, usual = getattr(canary, metric.value), getattr(stable, metric.value)
    if not bad or not stable.requests:
        return 0.0, 0.0
    exposed = canary.requests / stable.requests
    part = _least_part(bad, usual)
    return bad / (usual or 0.5) / exposed, part / (1.0 - part) / exposed


def _least_part(bad: int, usual: int) -> float:
    """Return which part of all failures must at least be the canary's, by bisection."""
    mixed = math.lgamma(bad + 1) + math.lgamma(usual + 1) - math.lgamma(bad + usual + 2)
    low, high = 0.0, bad / (bad + usual)
    for _ in range(_HALVINGS):
        part = (low + high) / 2.0
        fixed = bad * math.log(part) + usual * math.log1p(-part)
        low, high = (part, high) if mixed - fixed > -math.log(BOUND) else (low, part)
    return low


def reason(verdict: Verdict) -> str:
    """Return the numbers in one line."""
    canary, stable, name = verdict.canary, verdict.stable, NAMES[verdict.metric]
    if verdict.finding is Finding.MUTE:
        answered = f"{number(canary.requests)} of the canary"
        beside = f"{number(stable.requests)} of stable"
        return f"answers counted: {answered} beside {beside}, evidence {odds(verdict.odds)}"
    if verdict.due:
        answered = f"{number(canary.requests)} where {number(verdict.due)} are usual"
        return f"answers counted: {answered}, evidence {odds(verdict.odds)}"
    parts = [f"canary {_of(canary, verdict.metric)}"]
    if stable.requests:
        parts[0] += f" against stable {_of(stable, verdict.metric)}"
    parts[0] += f" {name}"
    if verdict.limit:
        parts.append(f"more than {100.0 * verdict.limit:g} %")
    elif verdict.ratio and verdict.odds >= 1.0:
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
