"""Counts that cannot be true: a metric that was written wrong, or read while it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.evidence import Counts


def strange(counts: Counts | None) -> str:
    """Say what is impossible about one revision's window; "" where nothing is."""
    if counts is None:
        return ""
    bad = (counts.errors_5xx, counts.errors_4xx, counts.slow)
    if all(0 <= some <= counts.requests for some in bad) and counts.logged >= 0:
        return ""
    said = f"{counts.errors_5xx} 5xx, {counts.errors_4xx} 4xx and {counts.slow} slow"
    lines = f" with {counts.logged} lines logged" if counts.logged < 0 else ""
    return f"{said} of {counts.requests} requests{lines}"
