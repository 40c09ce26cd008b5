"""Log entries in memory, newest kept; chatty services cannot push out the builds' lines."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import defaultdict, deque
from enum import IntEnum
from typing import TYPE_CHECKING

from google.cloud.logging_v2 import types
from google.protobuf import json_format

from localcloud.google.protocol import raw
from localcloud.google.times import now, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from localcloud.google.filter_values import Value
    from localcloud.google.protocol import Proto

ENTRY = raw(types.LogEntry)
_KEPT = 20_000
"""Entries kept per resource type."""


class Severity(IntEnum):
    """google.logging.type.LogSeverity."""

    DEFAULT = 0
    DEBUG = 100
    INFO = 200
    NOTICE = 300
    WARNING = 400
    ERROR = 500
    CRITICAL = 600
    ALERT = 700
    EMERGENCY = 800


class LogStore:
    """Takes entries from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: defaultdict[str, deque[Proto]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def write(self, entry: Proto) -> None:
        """Keep one entry; an id and times are given to an entry without them."""
        entry.insert_id = entry.insert_id or uuid.uuid4().hex[:20]
        entry.receive_timestamp.CopyFrom(now())
        if not entry.HasField("timestamp"):
            entry.timestamp.CopyFrom(entry.receive_timestamp)
        with self._lock:
            self._kept[entry.resource.type].append(entry)

    def entries(self) -> list[Proto]:
        """Return everything kept, in order of writing within a resource type."""
        with self._lock:
            return [entry for kept in self._kept.values() for entry in kept]


def value_at(entry: Proto, path: tuple[str, ...]) -> Value:
    """Return what an entry holds at a filter's path; the empty path is all of its text."""
    found: Value = None
    match path:
        case ():
            found = _all_text(entry)
        case ("resource", "type"):
            found = str(entry.resource.type)
        case ("resource", "labels" | "label", name):
            found = _at(entry.resource.labels, name)
        case ("labels", *rest):
            found = _at(entry.labels, ".".join(rest))
        case ("jsonPayload" | "json_payload", *rest):
            found = _in_tree(json_format.MessageToDict(entry.json_payload), rest)
        case _:
            found = _PLAIN[path[0]](entry) if len(path) == 1 and path[0] in _PLAIN else None
    return found


_PLAIN: dict[str, Callable[[Proto], Value]] = {
    "severity": lambda entry: Severity(entry.severity),
    "timestamp": lambda entry: dt.datetime.fromtimestamp(seconds(entry.timestamp), dt.UTC),
    "logName": lambda entry: str(entry.log_name),
    "textPayload": lambda entry: str(entry.text_payload) or None,
    "insertId": lambda entry: str(entry.insert_id),
    "trace": lambda entry: str(entry.trace),
}


def _at(labels: Mapping[str, str], name: str) -> str | None:
    return labels[name] if name in labels else None  # noqa: SIM401  # a protobuf map is no dict


def _in_tree(tree: object, path: list[str]) -> Value:
    for part in path:
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree if isinstance(tree, str | bool | float | int) else None


def _all_text(entry: Proto) -> str:
    return "\n".join(_texts(json_format.MessageToDict(entry)))


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from _texts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _texts(value)
    else:
        yield str(tree)
