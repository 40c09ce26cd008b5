"""Lengths of time as people write them: 10s, 5m, 1h30m, 7d."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=366)
_WRITTEN = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?")


def parse_duration(text: str) -> timedelta | None:
    """Return the length of time, at most 366 days, or None when it is none; `0` needs no unit."""
    if text == "0":
        return timedelta()
    found = _WRITTEN.fullmatch(text)
    if not text or found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return length if length <= LONGEST else None


def show_duration(length: timedelta) -> str:
    """Return the shortest way to write it."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
