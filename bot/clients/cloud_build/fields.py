"""The fields of Cloud Build's messages, and what is wrong with values for them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTPUT_ONLY = {
    "google.devtools.cloudbuild.v1.Build": {
        *("name", "id", "project_id", "status", "status_detail", "results", "create_time"),
        *("start_time", "finish_time", "source_provenance", "build_trigger_id", "log_url"),
        *("timing", "approval", "warnings", "failure_info"),
    },
    "google.devtools.cloudbuild.v1.BuildStep": {"timing", "pull_timing", "status", "exit_code"},
}
"""https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds, "Output only"."""
SOURCE = "source"
DURATION = "google.protobuf.Duration"
SECONDS = re.compile(r"\d+(\.\d{1,9})?s")
SCALAR_JSON = "google.protobuf."
"""Duration, Timestamp and the like are written as one value."""


def faults(kind: Any, values: dict[Any, Any], path: str) -> Iterator[str]:  # noqa: ANN401  # a Descriptor
    """Yield what is wrong with a mapping that should be a message of this kind."""
    known = {**kind.fields_by_name, **kind.fields_by_camelcase_name}
    for key, value in values.items():
        here = f"{path}{key}"
        field = known.get(key)
        if field is None:
            yield f"{here}: there is no such key{_did_you_mean(str(key), kind)}"
        elif field.name in OUTPUT_ONLY.get(kind.full_name, ()):
            yield f"{here}: Cloud Build sets this itself; take it out"
        elif not path and field.name == SOURCE:
            yield f"{here}: the source is the commit being deployed"
        elif value is not None:
            yield from _of_field(field, value, here)


def _did_you_mean(key: str, kind: Any) -> str:  # noqa: ANN401  # a Descriptor
    close = get_close_matches(key, list(kind.fields_by_camelcase_name), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _of_field(field: Any, value: object, here: str) -> Iterator[str]:  # noqa: ANN401  # a FieldDescriptor
    if not field.is_repeated:
        yield from _of_one(field, value, here)
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        yield from _of_map(field.message_type.fields_by_name["value"], value, here)
    elif not isinstance(value, list):
        yield f"{here}: must be a list"
    else:
        for position, item in enumerate(value):
            yield from _of_one(field, item, f"{here}[{position}]")


def _of_map(field: Any, value: object, here: str) -> Iterator[str]:  # noqa: ANN401  # a FieldDescriptor
    if not isinstance(value, dict):
        yield f"{here}: must be a mapping"
        return
    for key, item in value.items():
        yield from _of_one(field, item, f"{here}.{key}")


def _of_one(field: Any, value: object, here: str) -> Iterator[str]:  # noqa: ANN401  # a FieldDescriptor
    kind = field.message_type
    if kind is None:
        yield from _of_scalar(field, value, here)
    elif kind.full_name == DURATION:
        if not isinstance(value, str) or not SECONDS.fullmatch(value):
            yield f'{here}: write seconds with an s and quotes, e.g. "1200s", not {value!r}'
    elif not kind.full_name.startswith(SCALAR_JSON):
        if isinstance(value, dict):
            yield from faults(kind, value, f"{here}.")
        else:
            yield f"{here}: must be a mapping"


def _of_scalar(field: Any, value: object, here: str) -> Iterator[str]:  # noqa: ANN401  # a FieldDescriptor
    if isinstance(value, dict | list):
        yield f"{here}: must be a single value"
    elif field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
        if not isinstance(value, str):
            yield f'{here}: must be text; put it in quotes: "{value}"'
    elif field.enum_type is not None:
        if value not in field.enum_type.values_by_name:
            yield f"{here}: {value!r} is none of {', '.join(field.enum_type.values_by_name)}"
    elif field.type == FieldDescriptor.TYPE_BOOL and not isinstance(value, bool):
        yield f"{here}: must be true or false"
