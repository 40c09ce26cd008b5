"""Refusals in the words and shapes of GitHub's GraphQL API."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, NoReturn

from graphql import GraphQLError

from localcloud.github.graphql.cost import MOST_NODES
from localcloud.github.problems import NOT_FOR_APPS, NOT_FOR_PEOPLE

if TYPE_CHECKING:
    from localcloud.github.exchange import Ask

_FORBIDDEN = "FORBIDDEN"
_BY_KIND = {_FORBIDDEN: {"saml_failure": False}}
"""What GitHub adds to a refusal."""
_BROKEN = "Something went wrong while executing your query."


class Refusal(Exception):  # noqa: N818  # GitHub's answer, not a fault of this server
    """A field that is null for a reason, which the answer's `errors` tell."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def refuse(kind: str, message: str) -> NoReturn:
    """Refuse a field; raises Refusal."""
    raise Refusal(kind, message)


def unresolved(what: str) -> NoReturn:
    """Refuse what is not there, or not for these eyes: `a PullRequest with the number of 9`."""
    refuse("NOT_FOUND", f"Could not resolve to {what}.")


def forbidden(ask: Ask) -> NoReturn:
    """Refuse what the caller's token does not reach."""
    refuse(_FORBIDDEN, NOT_FOR_APPS if ask.actor.app else NOT_FOR_PEOPLE)


def unserved(what: str) -> NoReturn:
    """Refuse what GitHub has and this server has not."""
    refuse("NOT_SERVED", f"the local GitHub does not serve {what}")


def told(error: GraphQLError) -> dict[str, Any]:
    """Shape an entry of `errors`; what is nobody's refusal is a bug here, and is seen."""
    why = error.original_error
    if why is not None and not isinstance(why, Refusal | GraphQLError):
        traceback.print_exception(why)
        return {**_where(error), "message": _BROKEN}
    shaped: dict[str, Any] = {"type": why.kind} if isinstance(why, Refusal) else {}
    more = _BY_KIND.get(shaped.get("type", ""), error.extensions)
    places = [{"line": at.line, "column": at.column} for at in error.locations or ()]
    extended = {"extensions": more} if more else {}
    return {**shaped, **_where(error), **extended, "locations": places, "message": error.message}


def too_many(nodes: int) -> dict[str, Any]:
    """Shape the refusal of a query before any of it is executed."""
    message = (
        f"This query requests up to {nodes:,} possible nodes which exceeds the maximum limit of"
        f" {MOST_NODES:,}."
    )
    return {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": message}


def _where(error: GraphQLError) -> dict[str, Any]:
    return {"path": error.path} if error.path is not None else {}
