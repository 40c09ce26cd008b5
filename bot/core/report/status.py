"""What an environment runs, what is on its way there, and what the next deployment would meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.core.deployment import Deployment, Phase
from bot.core.model import Environment
from bot.core.releases import called
from bot.core.report.locks import locked_by
from bot.core.report.phrases import TITLES, age, commands, compared_again

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.model import Release

FULL = 100
MOST = 10
_MOVES = frozenset({Phase.SHIFTING, Phase.ROLLING_BACK, Phase.WATCHING})


class Seen(Struct, frozen=True, kw_only=True):
    """One environment as it is on record now."""

    name: str
    place: Environment | None = None
    """None where nothing was ever asked for."""
    moving: Deployment | None = None
    watched: Deployment | None = None
    waiting: tuple[Deployment, ...] = ()


def status(environments: Sequence[Seen], now: datetime) -> str:
    """Return one row per environment, and one line per lock."""
    lines = [
        "| environment | runs | on its way | waiting | the next `/deploy` |",
        "|---|---|---|---|---|",
        *(_row(seen, now) for seen in environments),
    ]
    locks = [_lock(seen.place, now) for seen in environments if seen.place and seen.place.lock]
    return "\n".join([*lines, "", *locks, *([""] if locks else []), commands(*_next(environments))])


def _row(seen: Seen, now: datetime) -> str:
    live = seen.place.live if seen.place else None
    runs = _live(live, _has(seen)) if live else "nothing yet"
    cells = (seen.name, runs, _on_its_way(seen, now), _waiting(seen), _outlook(seen))
    return "| " + " | ".join(cells) + " |"


def _has(seen: Seen) -> int:
    """Return the share of what is live: less while a canary has some, or stable is asked again."""
    if seen.watched and compared_again(seen.watched):
        return seen.watched.share
    return FULL - (seen.moving.share if seen.moving and seen.moving.phase in _MOVES else 0)


def _live(live: Release, share: int) -> str:
    since = f"since {live.at:%Y-%m-%d %H:%M} UTC"
    others = sorted({one.sha for one in live.services.values()} - {live.sha, ""})
    also = "".join(f", some services still `{sha[:7]}`" for sha in others[:1])
    release = f"release `{live.deployment}`, " if live.deployment else ""
    name = f"`{live.sha[:7]}`" if live.sha else called(live)
    return f"{name}{_origin(live.number)} {since} ({release}{share} %){also}"


def _on_its_way(seen: Seen, now: datetime) -> str:
    said = [_moving(one, now) for one in (seen.moving, seen.watched) if one is not None]
    return "<br>".join(said)


def _moving(one: Deployment, now: datetime) -> str:
    again = compared_again(one)
    share = f", {one.share} %" if again or one.phase is Phase.SHIFTING else ""
    since = age(now - one.phase_since)
    what = "compared with stable again" if again else TITLES[one.phase].lower()
    return f"`{one.sha[:7]}`{_origin(one.number)} by {one.actor}: {what}{share} for {since}"


def _waiting(seen: Seen) -> str:
    return ", ".join(f"`{one.sha[:7]}`{_origin(one.number)}" for one in seen.waiting[:MOST])


def _outlook(seen: Seen) -> str:
    """Return what a deployment that is asked for now would meet; `/plan` says what it would do."""
    place = seen.place
    if place is not None and place.lock is not None and not place.lock.rolled_back:
        return "is refused: locked"
    ahead = len(seen.waiting) + (seen.moving is not None)
    starts = f"waits for {ahead} before it" if ahead else "starts at once"
    if place is not None and place.lock is not None:
        return f"{starts}; `{place.lock.rolled_back[:7]}` is refused"
    return starts


def _lock(place: Environment, now: datetime) -> str:
    return f"🔒 `{place.name}` is {locked_by(place.lock, now)}" if place.lock else ""


def _next(environments: Sequence[Seen]) -> tuple[str, ...]:
    locked = [seen.name for seen in environments if seen.place and seen.place.lock]
    names = [seen.name for seen in environments if seen.name not in locked]
    unlock = [f"/unlock {name}" for name in locked[:1]]
    return (*unlock, *(f"/plan {name}" for name in names[:2]), "/help")


def _origin(number: int | None) -> str:
    return f" from #{number}" if number else ""
