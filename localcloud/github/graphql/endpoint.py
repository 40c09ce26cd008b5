"""`POST /graphql`: one document in, `data` and `errors` out.

https://docs.github.com/graphql/guides/forming-calls-with-graphql
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from graphql import GraphQLError, execute_sync, parse, validate

from localcloud.github.exchange import Ask, Reply
from localcloud.github.graphql import commits, objects, pulls, queries, repositories
from localcloud.github.graphql.nodes import Node
from localcloud.github.graphql.refusals import told
from localcloud.github.graphql.resolving import kind, resolve
from localcloud.github.graphql.schema import schema
from localcloud.github.problems import BAD_JWT, Problem, not_found
from localcloud.github.routing import Routes

if TYPE_CHECKING:
    from localcloud.github.records import Repository
    from localcloud.github.shapes.people import Json

routes = Routes()

TEMPLATE = "/graphql"
_MODULES = (queries, repositories, pulls, commits, objects)
_KINDS = {kind: read for module in _MODULES for kind, read in module.kinds.items()}
_NOBODY = "This endpoint requires you to be authenticated."
_NO_QUERY = "A query attribute must be specified and must be a string."


class Asked(msgspec.Struct, rename="camel"):
    """The body of a request."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


@routes.query(TEMPLATE, also="/api/graphql")
def query(ask: Ask) -> Reply:
    """Execute a document; where GitHub's schema was never fetched there is no such route."""
    if not ask.site.schema.exists():
        raise not_found()
    if not ask.actor.login or (ask.actor.app and ask.actor.token is None):
        raise Problem(401, BAD_JWT if ask.actor.app else _NOBODY)
    reached: list[Repository] = []
    body = _answered(ask, _asked(ask), reached)
    return Reply(body, path=f"/repos/{reached[0].full_name}{TEMPLATE}" if reached else "")


def _asked(ask: Ask) -> Asked:
    try:
        return msgspec.convert(ask.json(), Asked)
    except msgspec.ValidationError:
        raise Problem(400, _NO_QUERY) from None


def _answered(ask: Ask, asked: Asked, reached: list[Repository]) -> Json:
    known = schema(ask.site.schema)
    try:
        document = parse(asked.query, allow_empty_selection_sets=False)
    except GraphQLError as unreadable:
        return _errors([unreadable])
    wrong = validate(known, document)
    if wrong:
        return _errors(wrong)
    done = execute_sync(
        known,
        document,
        root_value=Node("Query", ask, reached),
        context_value=_KINDS,
        variable_values=asked.variables,
        operation_name=asked.operation_name,
        field_resolver=resolve,
        type_resolver=kind,
    )
    errors = done.errors or []
    begun = done.data is not None or any(error.path for error in errors)
    return ({"data": done.data} if begun else {}) | (_errors(errors) if errors else {})


def _errors(found: list[GraphQLError]) -> Json:
    return {"errors": [told(error) for error in found]}
