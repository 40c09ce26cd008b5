"""A request message out of a URL, its query and its JSON body, as strict as Google's front end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor

from localcloud.google.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.descriptor import Descriptor
    from werkzeug.wrappers import Request

    from localcloud.google.protocol import Proto
    from localcloud.google.rest_routes import Route

_SYSTEM_PARAMETERS = frozenset(
    {"alt", "$alt", "prettyPrint", "$prettyPrint", "fields", "key", "quotaUser", "access_token"}
)
"""https://cloud.google.com/apis/docs/system-parameters"""
_LARGEST_BODY = 16 * 1024 * 1024
_WRAPPED = "google.protobuf."
"""Well-known types (FieldMask, Duration, Timestamp) are one value in a query."""


def decode(route: Route, groups: Iterable[str], request: Request) -> Proto:
    """Return the method's request; raises ApiError INVALID_ARGUMENT for what it cannot hold."""
    message = route.method.request()
    if route.body:
        _read_body(route.body, request, message)
    _merge(_from_query(request, message.DESCRIPTOR), message)
    for name, value in zip(route.names, groups, strict=True):
        _set(message, name, value)
    return message


def _read_body(field: str, request: Request, message: Proto) -> None:
    if (request.content_length or 0) > _LARGEST_BODY:
        refuse("Request payload size exceeds the limit: 16777216 bytes.")
    text = request.get_data()
    target = message if field == "*" else getattr(message, field)
    try:
        if text:
            json_format.Parse(text, target)
        if field != "*":
            target.SetInParent()
    except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        refuse(f"Invalid JSON payload received. {error}")


def _merge(tree: dict[str, Any], message: Proto) -> None:
    addition = type(message)()
    try:
        json_format.ParseDict(tree, addition)
    except json_format.ParseError as error:
        refuse(f"Invalid value in query. {error}")
    message.MergeFrom(addition)


def _set(message: Proto, path: str, value: str) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    setattr(message, leaf, value)


def _from_query(request: Request, descriptor: Descriptor) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, values in request.args.lists():
        if key not in _SYSTEM_PARAMETERS:
            _place(tree, list(_fields(descriptor, key)), values)
    return tree


def _fields(descriptor: Descriptor, key: str) -> Iterator[FieldDescriptor]:
    """Walk a dotted key, camelCase or snake_case."""
    current: Descriptor | None = descriptor
    for part in key.split("."):
        named = current.fields_by_camelcase_name.get(part) if current else None
        field = named or (current.fields_by_name.get(part) if current else None)
        if field is None:
            refuse(f'Invalid JSON payload received. Unknown name "{key}": Cannot bind query.')
        yield field
        current = field.message_type


def _place(tree: dict[str, Any], fields: list[FieldDescriptor], values: list[str]) -> None:
    for field in fields[:-1]:
        tree = tree.setdefault(field.name, {})
    leaf = fields[-1]
    if leaf.message_type and not leaf.message_type.full_name.startswith(_WRAPPED):
        refuse(f'Invalid value at "{leaf.name}": a message cannot stand in a query.')
    typed = [_typed(leaf, value) for value in values]
    tree[leaf.name] = typed if leaf.is_repeated else typed[-1]


def _typed(field: FieldDescriptor, value: str) -> str | bool | int:
    if field.type == FieldDescriptor.TYPE_BOOL:
        return value.lower() in {"true", "1"}
    if field.type == FieldDescriptor.TYPE_ENUM and value.isdigit():
        return int(value)
    return value
