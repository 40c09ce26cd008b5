"""What a story expects of the cloud and of its visitors, and what of it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.demo.stage import Follow

FULL = 100


def mismatches(*checks: tuple[bool, str]) -> list[str]:
    """Return what was expected and does not hold."""
    return [expected for holds, expected in checks if not holds]


def unharmed(follow: Follow) -> tuple[tuple[bool, str], ...]:
    """Expect that no visitor met an error."""
    visits = follow.visits()
    return ((visits.bad == 0, f"no visitor harmed, but {visits} ({visits.trouble})"),)


def runs(follow: Follow, sha: str) -> bool:
    """Tell whether one revision, made from this commit, has all the traffic."""
    split = follow.traffic()
    made_from = [follow.stage.run.commit(follow.service, name) for name in split]
    return list(split.values()) == [FULL] and made_from == [sha]


def canary_shares(follow: Follow) -> list[int]:
    """Return the canary's percentages that Cloud Run was seen with, in order."""
    shares = [FULL - split.get(follow.stable, 0) for split in follow.splits]
    return [share for share in shares if share]


def arrows(steps: list[int]) -> str:
    """Return percentages in a row."""
    return " → ".join(f"{share} %" for share in steps)
