"""What went to an environment, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.report.phrases import SYMBOLS, TITLES, age, commands, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.deployment import Deployment


def history(environment: str, made: Sequence[Deployment], now: datetime) -> str:
    """Return one row per deployment, newest first."""
    offered = commands(f"/rollback {environment}", f"/status {environment}")
    if not made:
        return f"Nothing went to `{environment}` yet.\n\n{commands(f'/deploy {environment}')}"
    rows = [
        "| asked for (UTC) | commit | pull request | by | ended | took |",
        "|---|---|---|---|---|---|",
        *(_row(one, now) for one in made),
    ]
    return "\n".join([*rows, "", offered])


def _row(one: Deployment, now: datetime) -> str:
    origin = f"#{one.number}" if one.number else "a push"
    symbol = SYMBOLS.get(one.phase, "⏳")
    why = f": {plain(one.failure.reason)}" if one.failure else ""
    took = age((one.finished_at or now) - one.created_at)
    return (
        f"| {one.created_at:%Y-%m-%d %H:%M} | `{one.sha[:7]}` | {origin} | {plain(one.actor)} "
        f"| {symbol} {TITLES[one.phase].lower()}{why} | {took} |"
    )
