"""Every call that this GitHub answered, so that tests can count what a story costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KEPT = 100_000

Kind = Literal["rest", "token", "archive", "git"]


@dataclass(frozen=True)
class Called:
    """One answered call.

    `kind` sets apart what no API budget counts: minting tokens, an archive's bytes, git traffic.
    `route` is GitHub's own template, or the bare path where no route matched; `path` is what was
    asked for, repositories by name; for GraphQL, below the first repository that was read.
    """

    method: str
    route: str
    status: int
    actor: str
    at: float
    kind: Kind = "rest"
    path: str = ""


class RouteLog(list[Called]):
    """The calls in order of their answers; only the newest are kept."""

    def note(self, call: Called) -> None:
        """Add one call."""
        self.append(call)
        if len(self) > KEPT:
            del self[: KEPT // 2]
