"""Judge whether the canary is worse than stable.

Evidence is a fold over complete metric windows. A window counts when it lies wholly at the present
split, so that a 50 % step is never judged by what happened at 5 %. The rule: once the canary has
answered `min_requests`, its share of 5xx answers may not exceed stable's by more than `margin`.
With fewer requests it goes on at `max_bake`, unless it failed more than once and more often than
that. A canary that answers while stable has no series proves nothing: it waits.

Next: bot/engine/tell.py
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.core.evidence import Counts, Decision, Evidence, Verdict, VerdictConfig, Window


def at_share(evidence: Evidence, share: int) -> Evidence:
    """Return the evidence as a new split begins: counts of this split start anew."""
    return replace(evidence, share=share, windows=0, seconds=0.0, canary=Counts(), stable=Counts())


def update(evidence: Evidence, window: Window, config: VerdictConfig) -> Evidence:
    """Return the evidence with one more window; late, doubled and senseless windows change nothing.

    The first complete value of a window stands.
    """
    if window.share != evidence.share or (evidence.until and window.start < evidence.until):
        return evidence
    if not _sensible(window.canary) or not _sensible(window.stable):
        return evidence
    watching = config.baseline is not None
    return replace(
        evidence,
        windows=evidence.windows + 1,
        seconds=evidence.seconds + (window.end - window.start).total_seconds(),
        canary=_sum(evidence.canary, window.canary),
        stable=evidence.stable if watching else _sum(evidence.stable, window.stable),
        baseline=evidence.baseline if watching else _sum(evidence.baseline, window.stable),
        until=window.end,
    )


def read(evidence: Evidence, config: VerdictConfig) -> Verdict:
    """Return what follows from the evidence, with the reason and the numbers behind it."""
    stable = config.baseline if config.baseline is not None else evidence.stable
    enough = evidence.canary.requests >= config.min_requests
    if enough and not stable.requests:
        return _verdict(Decision.WAIT, "metrics-down", evidence.canary, stable)
    worse = _ratio(evidence.canary) > _ratio(stable) + config.margin
    if enough and worse:
        return _verdict(Decision.ROLL_BACK, "", evidence.canary, stable)
    if evidence.seconds < config.min_bake.total_seconds():
        waiting = "baking" if evidence.windows else "waiting-for-data"
        return _verdict(Decision.WAIT, waiting, evidence.canary, stable)
    if not enough and evidence.seconds < config.max_bake.total_seconds():
        return _verdict(Decision.WAIT, "not-enough-traffic", evidence.canary, stable)
    if worse and evidence.canary.errors_5xx > 1:
        return _verdict(Decision.ROLL_BACK, "not-enough-traffic", evidence.canary, stable)
    thin = "" if enough else "not-enough-traffic"
    return _verdict(Decision.ADVANCE, thin, evidence.canary, stable)


def _verdict(decision: Decision, waiting: str, canary: Counts, stable: Counts) -> Verdict:
    counts = f"canary {_said(canary)} against stable {_said(stable)} server errors"
    return Verdict(decision=decision, waiting=waiting, reason=counts, canary=canary, stable=stable)


def _said(counts: Counts) -> str:
    return f"{counts.errors_5xx}/{counts.requests}"


def _ratio(counts: Counts) -> float:
    return counts.errors_5xx / counts.requests if counts.requests else 0.0


def _sum(total: Counts, more: Counts | None) -> Counts:
    if more is None:
        return total
    return Counts(
        total.requests + more.requests,
        total.errors_5xx + more.errors_5xx,
        total.errors_4xx + more.errors_4xx,
        total.slow + more.slow,
    )


def _sensible(counts: Counts | None) -> bool:
    if counts is None:
        return True
    classes = (counts.errors_5xx, counts.errors_4xx, counts.slow)
    return all(0 <= some <= counts.requests for some in classes)
