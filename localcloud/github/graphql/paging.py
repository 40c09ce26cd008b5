"""Connections: one page of a list, between opaque cursors.

https://docs.github.com/graphql/guides/using-pagination-in-the-graphql-api
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from localcloud.github.graphql.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localcloud.github.graphql.nodes import Fields

T = TypeVar("T")
PAGING = ("first", "last", "after", "before")

_MOST = 100
_CURSOR = re.compile(r"cursor:v2:(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for; at most one of `first` and `last` is a number."""

    first: int | None
    last: int | None
    after: int
    before: int | None

    def of(
        self,
        items: Sequence[T],
        node: Callable[[T], Any],
        edge: Callable[[T], Fields] | None = None,
    ) -> Fields:
        """Shape a connection; `edge` adds what an edge tells beside its node."""
        start, end = self._part(len(items))
        nodes = [node(item) for item in items[start:end]]
        further = [edge(item) if edge else {} for item in items[start:end]]
        cursors = [_cursor(place) for place in range(start, end)]
        return {
            "totalCount": len(items),
            "nodes": nodes,
            "edges": [
                {"cursor": cursor, "node": told, **more}
                for cursor, told, more in zip(cursors, nodes, further, strict=True)
            ],
            "pageInfo": {
                "startCursor": next(iter(cursors), None),
                "endCursor": next(reversed(cursors), None),
                "hasPreviousPage": start > 0,
                "hasNextPage": end < len(items),
            },
        }

    def _part(self, length: int) -> tuple[int, int]:
        start = min(self.after, length)
        end = max(start, length if self.before is None else min(self.before, length))
        if self.first is not None:
            return start, min(end, start + self.first)
        return max(start, end - (self.last or 0)), end


def page(connection: str, given: dict[str, Any], *, listed: bool) -> Page:
    """Read a connection's paging arguments; without any it is counted, but cannot be `listed`.

    Raises Refusal in GitHub's words for too many, for none at all, and for a strange cursor.
    """
    first, last, after, before = (given.get(name) for name in PAGING)
    if first is not None and last is not None:
        _twice(connection)
    if first is None and last is None and listed:
        _unbounded(connection)
    _bounded(connection, first, last)
    start = 0 if after is None else _place(after) + 1
    return Page(first, last, start, None if before is None else _place(before))


def _bounded(connection: str, first: int | None, last: int | None) -> None:
    name, wanted = ("first", first) if first is not None else ("last", last or 0)
    if wanted < 0:
        message = f"`{name}` on the `{connection}` connection cannot be less than zero."
        refuse("INVALID_PAGINATION", message)
    if wanted > _MOST:
        message = (
            f"Requesting {wanted} records on the `{connection}` connection exceeds the"
            f" `{name}` limit of {_MOST} records."
        )
        refuse("EXCESSIVE_PAGINATION", message)


def _unbounded(connection: str) -> NoReturn:
    message = (
        "You must provide a `first` or `last` value to properly paginate the"
        f" `{connection}` connection."
    )
    refuse("MISSING_PAGINATION_BOUNDARIES", message)


def _twice(connection: str) -> NoReturn:
    message = (
        "Passing both `first` and `last` to paginate the"
        f" `{connection}` connection is not supported."
    )
    refuse("INVALID_PAGINATION", message)


def _cursor(place: int) -> str:
    return base64.b64encode(f"cursor:v2:{place}".encode()).decode()


def _place(cursor: str) -> int:
    try:
        told = base64.b64decode(cursor, validate=True).decode()
    except ValueError:
        told = ""
    match = _CURSOR.fullmatch(told)
    if match is None:
        message = f"`{cursor}` does not appear to be a valid cursor."
        refuse("INVALID_CURSOR_ARGUMENTS", message)
    return int(match[1])
