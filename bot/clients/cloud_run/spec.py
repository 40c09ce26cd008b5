"""`cloud_run.spec`: anything rarer, in the JSON form of the v2 `Service` message.

Merged like Kubernetes merges: mappings key by key, lists of messages item by item (by `name`
where the items have one, else by position), other lists whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from google.cloud import run_v2
from google.protobuf.json_format import ParseDict, ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
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
        field, kind = _field(cast("Descriptor", message.DESCRIPTOR), key)
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


def names(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the names in a spec without a problem: fields as protobuf spells them, no values.

    Items keep the name by which they are found again.
    """
    return _names(run_v2.Service.pb(run_v2.Service()).DESCRIPTOR, spec)


def _names(kind: Descriptor, values: dict[str, Any]) -> dict[str, Any]:
    set_ones = {key: value for key, value in values.items() if value is not None}
    return {_field(kind, key)[0]: _named(kind, key, value) for key, value in set_ones.items()}


def _named(kind: Descriptor, key: str, value: Any) -> Any:  # noqa: ANN401  # any JSON
    inner = _field(kind, key)[1]
    if inner is None or inner.full_name.startswith(SCALAR_JSON):
        return 0
    if inner.GetOptions().map_entry:
        return dict.fromkeys(value, 0)
    if isinstance(value, list):
        return [{**_names(inner, item), **_name_of(item)} for item in value]
    return _names(inner, value)


def _name_of(item: dict[str, Any]) -> dict[str, str]:
    return {"name": item["name"]} if item.get("name") else {}


def forget(message: Message, was: object, now: object) -> None:
    """Clear what `was` names and `now` does not, both as of `names`; what others set stays.

    A message goes when nothing is left in it. Names that mean nothing are passed over.
    """
    for name, part in _mapping(was).items():
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is not None:
            _forget_field(message, cast("FieldDescriptor", field), part, _mapping(now).get(name))


def _forget_field(message: Message, field: FieldDescriptor, was: object, now: object) -> None:
    kind, value = field.message_type, getattr(message, field.name)
    if kind is not None and kind.GetOptions().map_entry:
        for key in _mapping(was).keys() - _mapping(now).keys():
            value.pop(key, None)
    elif kind is not None and field.is_repeated:
        _forget_items(value, was, now)
    elif _stands_whole(field):
        if now is None:
            message.ClearField(field.name)
    elif message.HasField(field.name):
        forget(value, was, now)
        if now is None and not value.ByteSize():
            message.ClearField(field.name)


def _stands_whole(field: FieldDescriptor) -> bool:
    """Tell whether a field's parts make no sense without each other."""
    kind = field.message_type
    if kind is None or field.containing_oneof is not None:
        return True
    return kind.name == "Probe" or kind.full_name.startswith(SCALAR_JSON)


def _forget_items(items: Any, was: object, now: object) -> None:  # noqa: ANN401  # a repeated field
    """Drop the items that have nothing left but their name."""
    emptied = []
    for position, part in enumerate(_list(was)):
        item, still = _alike(items, part, position), _alike(_list(now), part, position)
        if item is not None:
            forget(item, _mapping(part), still)
            if still is None and {field.name for field, _ in item.ListFields()} <= {"name"}:
                emptied.append(item)
    for item in emptied:
        items.remove(item)


def _alike(items: Any, part: object, position: int) -> Any:  # noqa: ANN401  # messages or mappings
    """Return the item that has this part's name, without a name the one at its place."""
    name = _mapping(part).get("name")
    if not name:
        return items[position] if position < len(items) else None
    return next((item for item in items if _item_name(item) == name), None)


def _item_name(item: Any) -> object:  # noqa: ANN401  # ditto
    return item.get("name") if isinstance(item, dict) else getattr(item, "name", None)


def _mapping(part: object) -> dict[str, Any]:
    return part if isinstance(part, dict) else {}


def _list(part: object) -> list[Any]:
    return part if isinstance(part, list) else []


def _field(kind: Descriptor, key: str) -> tuple[str, Any]:
    """Both spellings are JSON's: `minInstanceCount` and `min_instance_count`."""
    field = kind.fields_by_camelcase_name.get(key) or kind.fields_by_name[key]
    return field.name, field.message_type
