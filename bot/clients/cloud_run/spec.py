"""`cloud_run.spec`: anything rarer, in the JSON form of the v2 `Service` message.

Merged like Kubernetes merges: mappings key by key, lists of messages item by item (by `name`
where the items have one, else by position), other lists whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.cloud import run_v2
from google.protobuf.json_format import ParseDict, ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

SCALAR_JSON = "google.protobuf."
"""Duration, Timestamp and the like are one JSON value, nothing to merge into."""


def problem(spec: dict[str, Any]) -> str:
    """Return what is wrong with a spec, with the path to it, or nothing."""
    try:
        ParseDict(spec, run_v2.Service.pb(run_v2.Service()))
    except (ParseError, AttributeError, TypeError, ValueError) as error:
        return f"cloud_run.spec: {error}"
    found = sorted(set(_reserved(spec)))
    return f"cloud_run.spec may not set {', '.join(found)}" if found else ""


def _reserved(spec: dict[str, Any]) -> Iterator[str]:
    """Yield the paths that belong to the rollout itself."""
    yield from (key for key in ("name", "etag", "traffic") if key in spec)
    template = spec.get("template") or {}
    if "revision" in template:
        yield "template.revision"
    for position, container in enumerate(template.get("containers") or ()):
        if "image" in container:
            yield f"template.containers[{position}].image"


def merge(service: run_v2.Service, spec: dict[str, Any]) -> None:
    """Write a spec without a problem into a service."""
    _merge(run_v2.Service.pb(service), spec)


def _merge(message: Message, values: dict[str, Any]) -> None:
    for key, value in values.items():
        field, kind = _field(message, key)
        if kind is None or kind.full_name.startswith(SCALAR_JSON):
            message.ClearField(field)
            ParseDict({key: value}, message)
        elif kind.GetOptions().map_entry:
            message.MergeFrom(ParseDict({key: value}, type(message)()))
        elif isinstance(value, list):
            _merge_items(getattr(message, field), value)
        elif value is not None:
            getattr(message, field).SetInParent()
            _merge(getattr(message, field), value)


def _merge_items(items: Any, values: list[dict[str, Any]]) -> None:  # noqa: ANN401  # a repeated field
    """Merge each value into the item that it is about, or append it."""
    for position, value in enumerate(values):
        name = value.get("name", "")
        alike = [item for item in items if name and getattr(item, "name", "") == name]
        if alike:
            _merge(alike[0], value)
        else:
            nameless = not name and position < len(items)
            _merge(items[position] if nameless else items.add(), value)


def _field(message: Message, key: str) -> tuple[str, Any]:
    """Both spellings are JSON's: `minInstanceCount` and `min_instance_count`."""
    fields = message.DESCRIPTOR
    field = fields.fields_by_camelcase_name.get(key) or fields.fields_by_name[key]
    return field.name, field.message_type
