"""Ratios and latencies as people write them: 5%, 0.05; 800ms, 2s."""

from __future__ import annotations

from datetime import timedelta

RATIO = r"100%|[0-9]{1,2}(\.[0-9]+)?%|0(\.[0-9]+)?|1(\.0+)?"
LATENCY = r"[1-9][0-9]{0,6}(ms|s)"


def ratio(text: str) -> float:
    """Return a ratio from 0 to 1; the text matches RATIO."""
    if text.endswith("%"):
        return float(text.removesuffix("%")) / 100
    return float(text)


def milliseconds(text: str) -> timedelta:
    """Return a latency; the text matches LATENCY, or is empty for none."""
    if not text:
        return timedelta()
    if text.endswith("ms"):
        return timedelta(milliseconds=int(text.removesuffix("ms")))
    return timedelta(seconds=int(text.removesuffix("s")))
