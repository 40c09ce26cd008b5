"""What stands on GitHub about a deployment: kept with it, so that nothing is said twice."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace


class Shown(Struct, frozen=True, kw_only=True):
    """What one surface on GitHub was last told."""

    at: datetime
    news: str
    """What had to be said at once; `bot/core/report/pace.py` knows what that is."""
    title: str


class Rest(Struct, frozen=True, kw_only=True):
    """A surface that could not be told so often in a row, and is left alone until then."""

    surface: str
    attempts: int
    until: datetime


class Told(Struct, frozen=True, kw_only=True):
    """What stands on GitHub already: ids of what was made, hashes of what was said."""

    check_run: int = 0
    check_again: bool = False
    """A second check run was needed: the first was completed when the watch rolled back."""
    check_run_hash: str = ""
    check_shown: Shown | None = None
    controls: int = 0
    """How many controls runs were made; the newest is the one that GitHub shows."""
    controls_hash: str = ""
    folded: str = ""
    """The address of the comment that ours is folded in favour of."""
    folds: str = ""
    """The deployment whose comment was folded in favour of ours."""
    github_deployment: int = 0
    status: str = ""
    comment: int = 0
    comment_hash: str = ""
    comment_shown: Shown | None = None
    alert: int = 0
    reaction: str = ""
    other_commit: str = ""
    """What GitHub's Deployment was made for, if it is not our commit."""
    retired: int = 0
    """The GitHub Deployment before ours that we set inactive."""
    tagged: tuple[str, ...] = ()
    """Tags that its images carry in the registry, each with its digest."""
    tag_trouble: str = ""
    """Which tag could not be moved, and why."""
    rests: tuple[Rest, ...] = ()
    attempted: tuple[str, ...] = ()
    """What we set out to make and have no id of: looked up before it is made again."""


def resting(told: Told, surface: str) -> Rest | None:
    """Return how often in a row a surface could not be told, where that is so."""
    return next((one for one in told.rests if one.surface == surface), None)


def rested(told: Told, surface: str, rest: Rest | None = None) -> Told:
    """Return what is told with a surface back at work, or put off once more."""
    others = (one for one in told.rests if one.surface != surface)
    return replace(told, rests=(*others, *filter(None, [rest])))
