"""Windows that have not come yet: no series is no answer, never "nobody called".

Cloud Monitoring may show a point later than it says. A window without a series, in which requests
were due by stable's last day, is therefore waited for, and so are the windows after it. Later
windows with a series prove that it really was empty; where none comes, it is taken as empty in the
end, or a service that nobody calls any more would be held for ever.

Next: bot/core/verdict/fold.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from bot.core.evidence import Window

FULL = 100
LEAST = 1.0
"""Requests due in a window below which one without a series is nothing to wonder at."""
PROOF = 2
"""Later windows with the series that prove that one without it was empty."""
LATE = 2
"""So many windows without a series are late, and nobody needs to hear of it; more are missing."""
PATIENCE, PATIENCE_ALONE = 10, 3
"""For how many later windows one is waited for; for fewer at 100 %, and for all of a run together:
there a canary that answers nothing fails everybody, and what follows is that stable is asked."""


class Arrived(NamedTuple):
    """The windows that can be judged; where none can, how many requests were due in all of them."""

    windows: Sequence[Window]
    missing: float = 0.0


def arrived(visible: tuple[Sequence[Window], datetime], due: float, length: timedelta) -> Arrived:
    """Return the windows up to the first that is waited for, of those visible until a moment."""
    windows, newest = visible
    given_up = False
    for place, window in enumerate(windows):
        waited = PATIENCE_ALONE if window.share == FULL else PATIENCE
        given_up = window.share == FULL and given_up and blank(window, due)
        given_up = given_up or window.end <= newest - waited * length
        if not given_up and _lacking(window, due) and not _proven(window, windows[place + 1 :]):
            return Arrived(windows[:place], 0.0 if place else _missing(windows, due))
    return Arrived(windows)


def _missing(windows: Sequence[Window], due: float) -> float:
    """Return how many requests were due in windows that are more than late."""
    lacking = [some for window in windows if (some := _lacking(window, due))]
    return sum(lacking) if len(lacking) > LATE else 0.0


def blank(window: Window, due: float) -> bool:
    """Tell whether a window has no series at all, though requests were due in it."""
    return window.canary is None and window.stable is None and due >= LEAST


def _lacking(window: Window, due: float) -> float:
    """Return how many requests were due that a window has no series for."""
    if blank(window, due):
        return due
    of_stable = due * (FULL - window.share) / FULL
    return of_stable if window.stable is None and of_stable >= LEAST else 0.0


def _proven(window: Window, later: Sequence[Window]) -> bool:
    if window.canary is not None:
        return sum(one.stable is not None for one in later) >= PROOF
    return sum(one.stable is not None or one.canary is not None for one in later) >= PROOF
