"""Moments as GitHub writes them: UTC, whole seconds, `2026-01-31T09:30:00Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Tell the present moment."""
    return stamp(datetime.now(UTC).timestamp())


def stamp(epoch: float) -> str:
    """Write seconds since 1970 as GitHub does."""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(moment: str) -> int:
    """Read a moment back into seconds since 1970; a moment without an offset is UTC.

    Raises ValueError when the text is no ISO 8601 moment.
    """
    read = datetime.fromisoformat(moment)
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
