"""Counts that cannot be true: a metric that was written wrong, or read while it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.evidence import Counts


MOST = 10**12
"""Requests in a window, far beyond what any service answers; sums of more are no longer exact."""


def strange(counts: Counts | None) -> str:
    """Say what is impossible about one revision's window; "" where nothing is."""
    if counts is None:
        return ""
    bad = (counts.errors_5xx, counts.errors_4xx, counts.slow, counts.logged)
    if all(0 <= some <= counts.requests <= MOST for some in bad):
        return ""
    said = f"{counts.errors_5xx} 5xx, {counts.errors_4xx} 4xx and {counts.slow} slow"
    lines = f" with {counts.logged} lines logged" if counts.logged else ""
    return f"{said} of {counts.requests} requests{lines}"
