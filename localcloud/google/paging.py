"""Pages of long answers; a token is the place where the next page starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from localcloud.google.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.google.protocol import Proto

Item = TypeVar("Item")
LARGEST_PAGE = 1000


def page_of(
    items: Sequence[Item], request: Proto, default: int = 100
) -> tuple[Sequence[Item], str]:
    """Return the page that the request asks for, and the token of the one after it ("" = none)."""
    start = place(request.page_token)
    size = min(request.page_size or default, LARGEST_PAGE)
    if size < 0:
        refuse("page_size must not be negative.")
    end = start + size
    return items[start:end], str(end) if end < len(items) else ""


def place(token: str) -> int:
    """Return the place that a token of ours names; raises ApiError for any other text."""
    if token and not (token.isascii() and token.isdigit()):
        refuse(f"Invalid page token: {token!r}.")
    return int(token or 0)
