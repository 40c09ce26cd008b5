"""Objects of GitHub's schema, told apart by their types and read field by field."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from localcloud.github.access import authorize
from localcloud.github.exchange import Ask
from localcloud.github.graphql.refusals import forbidden
from localcloud.github.problems import Problem

if TYPE_CHECKING:
    from localcloud.github.records import Repository

T = TypeVar("T")
FORBIDDEN = 403
Fields: TypeAlias = dict[str, Any]
"""Values by GitHub's names; a callable is asked when its field is, with the field's arguments."""
Kinds: TypeAlias = dict[str, Callable[..., Fields]]
"""How the fields of each type are read from who asks and what is held."""


class Node:
    """One object, of which nothing is read before it is asked for."""

    def __init__(self, kind: str, ask: Ask, held: object) -> None:
        self.kind = kind
        self._ask = ask
        self._held = held
        self._fields: Fields | None = None

    def fields(self, kinds: Kinds) -> Fields:
        """Return everything that is served of it."""
        if self._fields is None:
            self._fields = kinds[self.kind](self._ask, self._held)
        return self._fields


def needing(ask: Ask, permission: str, read: Callable[..., T]) -> Callable[..., T]:
    """Refuse a field to an App whose token lacks this permission."""

    @wraps(read)
    def guarded(**given: Any) -> T:  # noqa: ANN401  # the field's own arguments
        if not ask.may("read", **{permission: "read"}):
            forbidden(ask)
        return read(**given)

    return guarded


def visible(ask: Ask, repository: Repository | None) -> Ask | None:
    """Return the way into a repository; None where there is none for whoever asks.

    Raises Refusal where an App's token lacks the permission.
    """
    if repository is None:
        return None
    inside = Ask(ask.site, ask.request, ask.actor, repository)
    try:
        authorize(ask.site, ask.actor, repository, "read", {"metadata": "read"})
    except Problem as refused:
        if refused.status == FORBIDDEN:
            forbidden(ask)
        return None
    return inside
