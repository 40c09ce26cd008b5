"""`POST /graphql`: one document in, `data` and `errors` out.

https://docs.github.com/graphql/guides/forming-calls-with-graphql
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import ExecutionResult, GraphQLError, execute_sync, parse

from localcloud.github.exchange import Ask, Reply
from localcloud.github.graphql import commits, objects, pulls, queries, repositories
from localcloud.github.graphql.cost import MOST_NODES, weigh
from localcloud.github.graphql.nodes import Node
from localcloud.github.graphql.queries import Reading
from localcloud.github.graphql.refusals import told, too_many
from localcloud.github.graphql.resolving import kind, resolve
from localcloud.github.graphql.schema import schema
from localcloud.github.graphql.validity import problems
from localcloud.github.problems import BAD_JWT, Problem, not_found
from localcloud.github.routing import Routes

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLSchema

    from localcloud.github.shapes.people import Json

routes = Routes()

TEMPLATE = "/graphql"
_MODULES = (queries, repositories, pulls, commits, objects)
_KINDS = {kind: read for module in _MODULES for kind, read in module.kinds.items()}
_NOBODY = "This endpoint requires you to be authenticated."
_NO_QUERY = "A query attribute must be specified and must be a string."


class Asked(msgspec.Struct, rename="camel"):
    """The body of a request."""

    query: str = ""
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


@routes.query(TEMPLATE, also="/api/graphql")
def query(ask: Ask) -> Reply:
    """Execute a document; where GitHub's schema was never fetched there is no such route."""
    if not ask.site.schema.exists():
        raise not_found()
    if not ask.actor.login or (ask.actor.app and ask.actor.token is None):
        raise Problem(401, BAD_JWT if ask.actor.app else _NOBODY)
    asked = _asked(ask)
    if not asked.query:
        return Reply(_errors([GraphQLError(_NO_QUERY)]))
    try:
        return _answered(ask, asked)
    except GraphQLError as refused:
        return Reply(_errors([refused]))
    except RecursionError:
        return Reply(_errors([GraphQLError("The document is nested too deeply.")]))


def _asked(ask: Ask) -> Asked:
    try:
        return msgspec.convert(ask.json(), Asked)
    except msgspec.ValidationError:
        return Asked()


def _answered(ask: Ask, asked: Asked) -> Reply:
    known = schema(ask.site.schema)
    document, wrong = _read(known, asked.query)
    if wrong:
        return Reply(_errors(wrong))
    reading = Reading(weigh(document, asked.operation_name, asked.variables or {}))
    if reading.weight.nodes > MOST_NODES:
        return Reply({"errors": [too_many(reading.weight.nodes)]})
    done = execute_sync(
        known,
        document,
        root_value=Node("Query", ask, reading),
        context_value=_KINDS,
        variable_values=asked.variables,
        operation_name=asked.operation_name,
        field_resolver=resolve,
        type_resolver=kind,
    )
    return Reply(_told(done), path=f"{reading.path}{TEMPLATE}" if reading.path else "")


@lru_cache(maxsize=100)
def _read(known: GraphQLSchema, text: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Return a document with what is wrong with it: programs ask the same few again and again."""
    document = parse(text, allow_empty_selection_sets=False)
    return document, list(problems(known, document))


def _told(done: ExecutionResult) -> Json:
    errors = done.errors or []
    begun = done.data is not None or any(error.path for error in errors)
    return ({"data": done.data} if begun else {}) | (_errors(errors) if errors else {})


def _errors(found: list[GraphQLError]) -> Json:
    return {"errors": [told(error) for error in found]}
