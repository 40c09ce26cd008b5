"""Which commit was a pull request's head at a moment, as far as we were shown.

Deliveries come late and in any order, and an author may push a commit, replace it, and push it
again: that a commit was a head once does not make it the one that somebody had before their eyes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.model import Shown

if TYPE_CHECKING:
    from bot.core.events import HeadSeen
    from bot.core.model import Heads

SECOND = timedelta(seconds=1)
"""GitHub tells times in whole ones, of the event as of the comment."""
JUST = timedelta(microseconds=1)
BEGINNING = datetime.min.replace(tzinfo=UTC)

MOST = 300
"""Times that are remembered; whatever only older ones could tell is not known."""


def told(event: HeadSeen) -> tuple[Shown, ...]:
    """Return what a delivery says: of its head, and of the one before, which may be news as well.

    It was the head when it was pushed, however late that is delivered. Since when the one before
    was is not said. Nothing arrives before it happens: then it is our clock that is late.
    """
    happened = event.happened_at
    at = max(filter(None, (event.received_at, happened)))
    shown = [Shown(sha=event.sha, since=at, at=at)]
    if happened is not None:
        shown.append(Shown(sha=event.sha, since=happened - SECOND, at=at))
    if event.before:
        shown.append(Shown(sha=event.before, since=BEGINNING, at=at - JUST))
    return tuple(shown)


def noticed(heads: Heads, one: Shown) -> Heads:
    """Return the record with one more time that a head was shown; the first time of all stands."""
    earliest = min(one.at, heads.first_seen.get(one.sha, one.at))
    again = {*heads.shown, one}
    latest = sorted(again, key=lambda each: (each.at, each.sha))[-MOST:]
    first_seen = {**heads.first_seen, one.sha: earliest}
    return replace(heads, first_seen=first_seen, shown=tuple(latest))


def head_since(heads: Heads, sha: str, moment: datetime) -> datetime | None:
    """Return since when a commit had been the head at a moment; None when that is not known.

    Nothing else may have been shown between its first time and the moment.
    """
    others = [one.at for one in heads.shown if one.sha != sha and one.since < moment]
    own = [one for one in heads.shown if one.sha == sha and one.at < moment]
    return min((one.at for one in own if not others or one.since > max(others)), default=None)


def newest(heads: Heads) -> str:
    """Return the head that is the newest by what was told of each, however late it was told."""
    since: dict[tuple[str, datetime], datetime] = {}
    for one in heads.shown:
        key = (one.sha, one.at)
        since[key] = min(one.since, since.get(key, one.since))
    sha, _ = max(since, key=lambda key: (since[key], key[1]), default=("", BEGINNING))
    return sha


def shown_since(heads: Heads, sha: str, moment: datetime) -> bool:
    """Tell whether a commit was shown as the head at a moment or later."""
    return any(one.sha == sha and one.at >= moment for one in heads.shown)
