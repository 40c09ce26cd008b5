"""Which webhook deliveries GitHub should make again: those that nobody took, within reason.

GitHub does not deliver again by itself
(https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.github import Attempt

EVENTS = frozenset(
    {
        "issue_comment",
        "push",
        "pull_request",
        "check_run",
        "check_suite",
        "merge_group",
        "status",
        "installation",
        "installation_repositories",
    }
)
"""What can concern us; the rest is not worth a second delivery."""

KEPT = timedelta(days=3)
"""GitHub keeps deliveries for so long."""
PRESSED = frozenset({"check_run", "check_suite"})
BUTTONS = timedelta(minutes=15)
"""Nobody expects a button to do anything later, and its delivery does not tell when it was pressed.
That others' checks came to an end is found out without being told."""
ATTEMPTS = 6
"""After so many failures somebody has to look at the receiver."""


def missed(attempts: Sequence[Attempt], now: datetime, pause: timedelta) -> tuple[int, ...]:
    """Return which attempts to have made again, the oldest delivery first.

    `pause` is how long a failed attempt is left alone, doubled with each that follows. `attempts`
    may lack what is older than the oldest one in it.
    """
    by_delivery: dict[str, list[Attempt]] = {}
    for attempt in sorted(attempts, key=lambda one: (one.at, one.id)):
        if attempt.event in EVENTS and now - attempt.at < KEPT:
            by_delivery.setdefault(attempt.guid, []).append(attempt)
    return tuple(tries[-1].id for tries in by_delivery.values() if _again(tries, now, pause))


def _expected(tries: Sequence[Attempt], now: datetime) -> bool:
    return tries[0].event not in PRESSED or now - tries[0].at < BUTTONS


def _again(tries: Sequence[Attempt], now: datetime, pause: timedelta) -> bool:
    if any(one.taken for one in tries) or len(tries) >= ATTEMPTS or not _expected(tries, now):
        return False
    left_alone: timedelta = pause * 2 ** (len(tries) - 1)
    return now - tries[-1].at >= left_alone
