"""google.devtools.cloudbuild.v1.CloudBuild: builds created, found and cancelled.

https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from google.cloud.devtools import cloudbuild_v1
from google.longrunning import operations_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from localcloud.google.build_records import (
    BUILD,
    RUNNING,
    STATUS,
    BuildRecords,
    build_name,
    build_of_operation,
    operation_name,
)
from localcloud.google.errors import Code, refuse
from localcloud.google.filters import parse
from localcloud.google.paging import page_of
from localcloud.google.protocol import MethodTable, Proto, method, raw
from localcloud.google.substitutions import substitute
from localcloud.google.times import now, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.build_runs import BuildRunner
    from localcloud.google.filter_values import Value

_WRITABLE = (
    "source",
    "steps",
    "timeout",
    "images",
    "queue_ttl",
    "logs_bucket",
    "options",
    "substitutions",
    "tags",
    "service_account",
)
_NOT_SERVED = ("artifacts", "secrets", "available_secrets")
_METADATA = raw(cloudbuild_v1.BuildOperationMetadata)
_LIST = raw(cloudbuild_v1.ListBuildsResponse)
_DEFAULT_TIMEOUT, _LONGEST_TIMEOUT = 3600, 24 * 3600
_ERRORS = {STATUS.CANCELLED: Code.CANCELLED, STATUS.TIMEOUT: Code.DEADLINE_EXCEEDED}


class BuildsApi:
    """Checks and records a build at once; the runner does the work."""

    def __init__(self, records: BuildRecords, runner: BuildRunner) -> None:
        self._records = records
        self._runner = runner

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "CreateBuild": method(cloudbuild_v1.CreateBuildRequest, self._create),
            "GetBuild": method(cloudbuild_v1.GetBuildRequest, self._get),
            "ListBuilds": method(cloudbuild_v1.ListBuildsRequest, self._list),
            "CancelBuild": method(cloudbuild_v1.CancelBuildRequest, self._cancel),
        }
        prefix = "/google.devtools.cloudbuild.v1.CloudBuild/"
        return {f"{prefix}{name}": made for name, made in table.items()}

    def resume(self) -> None:
        """Run again what a former run of this server left unfinished."""
        for build in reversed(self._records.under("")):
            if build.status in RUNNING:
                self._runner.submit(build.name)

    def operation(self, name: str) -> Proto | None:
        """Return the operation of a build, None if the name is no build's."""
        build_named = build_of_operation(name)
        build = self._records.find(build_named) if build_named else None
        return _operation(build) if build is not None else None

    def _create(self, request: Proto) -> Proto:
        project, location = _place(request.project_id, request.parent)
        build = _fresh(request.build, project, location)
        _check(build)
        substitute(build, location)
        self._records.add(build)
        self._runner.submit(build.name)
        return _operation(build)

    def _get(self, request: Proto) -> Proto:
        return self._records.build(_name_of(request))

    def _cancel(self, request: Proto) -> Proto:
        name = _name_of(request)
        if not self._runner.cancel(name):
            state = STATUS(self._records.build(name).status).name
            refuse(f"Cannot cancel build in state {state}.", Code.FAILED_PRECONDITION)
        return self._records.build(name)

    def _list(self, request: Proto) -> Proto:
        project, location = _place(request.project_id, request.parent)
        passes = parse(request.filter)
        found = self._records.under(build_name(project, location, ""))
        page, token = page_of([one for one in found if passes(_lookup(one))], request)
        return _LIST(builds=page, next_page_token=token)


def _place(project: str, parent: str) -> tuple[str, str]:
    parts = parent.split("/")
    if len(parts) == 4:  # noqa: PLR2004  # projects/P/locations/L
        return parts[1], parts[3]
    if not project:
        refuse("project_id must be set.")
    return project, "global"


def _name_of(request: Proto) -> str:
    return str(request.name) or build_name(request.project_id, "global", request.id)


def _fresh(wanted: Proto, project: str, location: str) -> Proto:
    build = BUILD(id=str(uuid.uuid4()), project_id=project, status=STATUS.QUEUED)
    FieldMask(paths=_WRITABLE).MergeMessage(wanted, build)
    for field in _NOT_SERVED:
        if field in {one.name for one, _ in wanted.ListFields()}:
            refuse(f"build.{field} is not served by the local cloud.", Code.UNIMPLEMENTED)
    build.name = build_name(project, location, build.id)
    build.timeout.seconds = build.timeout.seconds or _DEFAULT_TIMEOUT
    build.create_time.CopyFrom(now())
    console = f"https://console.cloud.google.com/cloud-build/builds;region={location}"
    build.log_url = f"{console}/{build.id}?project={project}"
    return build


def _check(build: Proto) -> None:
    if not build.steps:
        refuse("invalid build: no build steps are specified")
    if not 0 < build.timeout.seconds <= _LONGEST_TIMEOUT:
        refuse("invalid build: timeout must be more than 0 and at most 86400 seconds")
    for number, step in enumerate(build.steps):
        if not step.name:
            refuse(f"invalid build: build step {number} must specify name")


def _operation(build: Proto) -> Proto:
    operation = operations_pb2.Operation(name=operation_name(build))
    operation.metadata.Pack(_METADATA(build=build))
    operation.done = build.status not in RUNNING
    if build.status == STATUS.SUCCESS:
        operation.response.Pack(build)
    elif operation.done:
        operation.error.code = _ERRORS.get(STATUS(build.status), Code.UNKNOWN).number
        operation.error.message = "Build failed; check build logs for details"
    return operation


def _lookup(build: Proto) -> Callable[[tuple[str, ...]], Value]:
    values: dict[str, Value] = {
        "tags": list(build.tags),
        "images": list(build.images),
        "status": STATUS(build.status).name,
        "id": str(build.id),
        "build_id": str(build.id),
        "create_time": dt.datetime.fromtimestamp(seconds(build.create_time), dt.UTC),
    }

    def value_at(path: tuple[str, ...]) -> Value:
        if path[0] not in values:
            refuse(f"invalid filter: unknown field {'.'.join(path)!r}")
        return values[path[0]]

    return value_at
