"""google.logging.v2.LoggingServiceV2: entries written and found.

https://cloud.google.com/logging/docs/reference/v2/rpc/google.logging.v2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud.logging_v2 import types

from localcloud.google.errors import refuse
from localcloud.google.filters import parse
from localcloud.google.log_store import ENTRY, LogStore, value_at
from localcloud.google.paging import page_of
from localcloud.google.protocol import MethodTable, Proto, method, raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.filter_values import Value

_ORDERS = {"": False, "timestamp": False, "timestamp asc": False, "timestamp desc": True}
_LIST, _WRITTEN = raw(types.ListLogEntriesResponse), raw(types.WriteLogEntriesResponse)
_PAGE = 50


class LoggingApi:
    """Answers out of one store."""

    def __init__(self, store: LogStore) -> None:
        self._store = store

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "ListLogEntries": method(types.ListLogEntriesRequest, self._list),
            "WriteLogEntries": method(types.WriteLogEntriesRequest, self._write),
        }
        return {f"/google.logging.v2.LoggingServiceV2/{name}": one for name, one in table.items()}

    def _list(self, request: Proto) -> Proto:
        if request.order_by not in _ORDERS:
            refuse(f"Invalid order_by: {request.order_by!r}.")
        found = self._matching(request)
        found.sort(key=_moment, reverse=_ORDERS[request.order_by])
        page, token = page_of(found, request, default=_PAGE)
        return _LIST(entries=page, next_page_token=token)

    def _matching(self, request: Proto) -> list[Proto]:
        if not request.resource_names:
            refuse("resource_names: at least one is required.")
        passes = parse(request.filter)
        parents = tuple(f"{name}/logs/" for name in request.resource_names)
        mine = [one for one in self._store.entries() if one.log_name.startswith(parents)]
        return [one for one in mine if passes(_lookup(one))]

    def _write(self, request: Proto) -> Proto:
        for entry in request.entries:
            whole = ENTRY(log_name=request.log_name)
            whole.resource.CopyFrom(request.resource)
            whole.labels.update(request.labels)
            whole.MergeFrom(entry)
            if not whole.log_name.startswith("projects/"):
                refuse(f"Invalid log_name: {whole.log_name!r}.")
            whole.resource.type = whole.resource.type or "global"
            if not request.dry_run:
                self._store.write(whole)
        return _WRITTEN()


def _moment(entry: Proto) -> int:
    return int(entry.timestamp.ToNanoseconds())


def _lookup(entry: Proto) -> Callable[[tuple[str, ...]], Value]:
    return lambda path: value_at(entry, path)
