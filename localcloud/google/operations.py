"""Long-running operations: accepted work that ends later, looked up by name.

https://cloud.google.com/apis/design/design_patterns#long_running_operations
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from localcloud.google.errors import ApiError, Code, refuse
from localcloud.google.paging import page_of
from localcloud.google.protocol import MethodTable, Proto, method, patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.records import Records

_LOG = logging.getLogger(__name__)
_KIND = "operation"
_WORKERS = 16
_QUICK = 0.2
"""Seconds that a reply may be held back, so that quick work is already done in it."""
_LONGEST_WAIT = 30.0


class Operations:
    """Runs accepted work in the background; `latency` seconds pass before each piece of it."""

    def __init__(self, records: Records, latency: float) -> None:
        self._records = records
        self._latency = latency
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="operation")
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._elsewhere: list[Callable[[str], Proto | None]] = []

    def also(self, look_up: Callable[[str], Proto | None]) -> None:
        """Let another service answer for operations that are not kept here."""
        self._elsewhere.append(look_up)

    def begin(self, parent: str, metadata: Proto, work: Callable[[], Proto]) -> Proto:
        """Accept work; `work` returns the response message or raises ApiError."""
        operation = operations_pb2.Operation(name=f"{parent}/operations/{uuid.uuid4()}")
        operation.metadata.Pack(metadata)
        self._records.put(_KIND, operation.name, operation)
        self.resume(operation.name, work)
        if not self._latency:
            self._wait(operation.name, _QUICK)
        return self._get(operation.name)

    def completed(self, parent: str, response: Proto) -> Proto:
        """Return an operation of which nothing is kept, as `validate_only` does."""
        operation = operations_pb2.Operation(name=f"{parent}/operations/{uuid.uuid4()}", done=True)
        operation.metadata.Pack(response)
        operation.response.Pack(response)
        return operation

    def resume(self, name: str, work: Callable[[], Proto]) -> None:
        """Start the work of an operation that is on record."""
        self._workers.submit(self._work, name, work)

    def unfinished(self) -> list[Proto]:
        """Return what a former run of this server accepted and did not end."""
        found = self._records.under(_KIND, "", operations_pb2.Operation)
        return [operation for operation in found if not operation.done]

    def stop_accepting(self) -> None:
        """Let running work end unrecorded; a restart takes it up again."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """Wait until no work runs any more."""
        self.stop_accepting()
        self._workers.shutdown(wait=True, cancel_futures=True)

    def methods(self) -> MethodTable:
        """Return google.longrunning.Operations."""
        table = {
            "GetOperation": method(operations_pb2.GetOperationRequest, self._get_method),
            "ListOperations": method(operations_pb2.ListOperationsRequest, self._list),
            "WaitOperation": method(operations_pb2.WaitOperationRequest, self._wait_method),
            "DeleteOperation": method(operations_pb2.DeleteOperationRequest, self._delete),
        }
        return {f"/google.longrunning.Operations/{name}": made for name, made in table.items()}

    def _work(self, name: str, work: Callable[[], Proto]) -> None:
        self._stopping.wait(self._latency)
        if self._stopping.is_set():
            return
        response, error = _outcome(work)
        if not self._stopping.is_set():
            self._finish(name, response, error)

    def _finish(self, name: str, response: Proto, error: ApiError | None) -> None:
        with self._changed:
            operation = self._get(name)
            operation.done = True
            if error:
                operation.error.code, operation.error.message = error.code.number, error.message
            else:
                operation.response.Pack(response)
            self._records.put(_KIND, name, operation)
            self._changed.notify_all()

    def _get(self, name: str) -> Proto:
        found = self._records.get(_KIND, name, operations_pb2.Operation)
        found = found or next(filter(None, (look_up(name) for look_up in self._elsewhere)), None)
        if found is None:
            refuse(f"Operation {name} does not exist.", Code.NOT_FOUND)
        return found

    def _wait(self, name: str, longest: float) -> Proto:
        end = time.monotonic() + longest
        with self._changed:
            while not (found := self._get(name)).done and not self._stopping.is_set():
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(min(left, 0.5))
        return found

    def _get_method(self, request: Proto) -> Proto:
        return self._get(request.name)

    def _wait_method(self, request: Proto) -> Proto:
        asked = request.timeout.ToTimedelta().total_seconds() or _LONGEST_WAIT
        return self._wait(request.name, patience(min(asked, _LONGEST_WAIT)))

    def _list(self, request: Proto) -> Proto:
        prefix = f"{request.name}/operations/"
        found = self._records.under(_KIND, prefix, operations_pb2.Operation)
        page, token = page_of(found, request)
        return operations_pb2.ListOperationsResponse(operations=page, next_page_token=token)

    def _delete(self, request: Proto) -> Proto:
        if not self._records.delete(_KIND, request.name):
            refuse(f"Operation {request.name} does not exist.", Code.NOT_FOUND)
        return empty_pb2.Empty()


def _outcome(work: Callable[[], Proto]) -> tuple[Proto, ApiError | None]:
    try:
        return work(), None
    except ApiError as error:
        return None, error
    except Exception:  # noqa: BLE001  # the caller gets INTERNAL, whatever it was
        _LOG.exception("an operation failed")
        return None, ApiError(Code.INTERNAL, "Internal error encountered.")
