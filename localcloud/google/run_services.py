"""google.cloud.run.v2.Services: what may be written, and the record of it.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING

from google.cloud import run_v2
from google.protobuf.field_mask_pb2 import FieldMask

from localcloud.google.errors import Code, refuse
from localcloud.google.paging import page_of
from localcloud.google.protocol import MethodTable, Proto, method, raw
from localcloud.google.run_conditions import RECONCILING, condition
from localcloud.google.run_records import SERVICE, RunRecords, ServiceName
from localcloud.google.run_revisions import check_etag, cut_revision, plan_revision
from localcloud.google.run_templates import (
    check_annotations,
    check_labels,
    check_service_id,
    check_template,
    fill_in,
)
from localcloud.google.run_traffic import check_traffic
from localcloud.google.times import now

if TYPE_CHECKING:
    from localcloud.google.operations import Operations
    from localcloud.google.run_reconcile import Reconciler

_WRITABLE = [
    "description",
    "labels",
    "annotations",
    "client",
    "client_version",
    "ingress",
    "launch_stage",
    "binary_authorization",
    "template",
    "traffic",
    "scaling",
    "invoker_iam_disabled",
    "default_uri_disabled",
    "iap_enabled",
    "multi_region_settings",
    "custom_audiences",
    "build_config",
]
_LIST = raw(run_v2.ListServicesResponse)


class ServicesApi:
    """Validates and records writes at once; the reconciler does the work in an operation."""

    def __init__(self, records: RunRecords, operations: Operations, reconciler: Reconciler) -> None:
        self._records = records
        self._operations = operations
        self._reconciler = reconciler

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "CreateService": method(run_v2.CreateServiceRequest, self._create),
            "GetService": method(run_v2.GetServiceRequest, self._get),
            "ListServices": method(run_v2.ListServicesRequest, self._list),
            "UpdateService": method(run_v2.UpdateServiceRequest, self._update),
            "DeleteService": method(run_v2.DeleteServiceRequest, self._delete),
        }
        return {f"/google.cloud.run.v2.Services/{name}": made for name, made in table.items()}

    def resume(self) -> None:
        """Take up the operations that a former run of this server left unfinished."""
        for operation in self._operations.unfinished():
            service = SERVICE()
            if operation.metadata.Unpack(service):
                self._operations.resume(operation.name, partial(self._work, service))

    def _get(self, request: Proto) -> Proto:
        return self._records.service(request.name)

    def _list(self, request: Proto) -> Proto:
        page, token = page_of(self._records.services(request.parent), request)
        return _LIST(services=page, next_page_token=token)

    def _create(self, request: Proto) -> Proto:
        check_service_id(request.service_id)
        name = f"{request.parent}/services/{request.service_id}"
        with self._records.records.transaction():
            if self._records.find_service(name) is not None:
                message = f"Resource '{request.service_id}' already exists."
                refuse(message, Code.ALREADY_EXISTS)
            service = self._fresh(name, request.service)
            self._write(service, None, validate_only=request.validate_only)
        return self._begin(service, validate_only=request.validate_only)

    def _update(self, request: Proto) -> Proto:
        name = request.service.name
        if not self._records.find_service(name) and request.allow_missing:
            return self._upsert(request)
        with self._records.records.transaction():
            previous = self._records.service(name)
            check_etag(previous, request.service.etag)
            service = _merged(previous, request)
            self._write(service, previous, validate_only=request.validate_only)
        return self._begin(service, validate_only=request.validate_only)

    def _upsert(self, request: Proto) -> Proto:
        of = ServiceName.parse(request.service.name)
        creation = raw(run_v2.CreateServiceRequest)(
            parent=of.parent,
            service_id=of.service,
            service=request.service,
            validate_only=request.validate_only,
        )
        return self._create(creation)

    def _delete(self, request: Proto) -> Proto:
        with self._records.records.transaction():
            service = self._records.service(request.name)
            check_etag(service, request.etag)
            service.delete_time.CopyFrom(now())
            if not request.validate_only:
                self._records.forget_service(request.name)
        return self._begin(service, validate_only=request.validate_only)

    def _fresh(self, name: str, wanted: Proto) -> Proto:
        service = SERVICE(name=name, uid=str(uuid.uuid4()))
        _copy_writable(wanted, service, _WRITABLE)
        service.create_time.CopyFrom(now())
        return service

    def _write(self, service: Proto, previous: Proto | None, *, validate_only: bool) -> None:
        """Check a wanted state and record it; nothing is recorded when only asked to check."""
        of = ServiceName.parse(service.name)
        fill_in(service.template, of.project)
        check_labels(service.labels)
        check_annotations(service.annotations)
        check_template(service.template, of.service)
        if previous is None or _specification(service) != _specification(previous):
            service.generation += 1
        revision = plan_revision(self._records, service, previous)
        check_traffic(service)
        if not validate_only:
            self._record(service, revision)

    def _record(self, service: Proto, revision: str) -> None:
        cut_revision(self._records, revision, service)
        service.latest_created_revision = revision
        service.launch_stage = service.launch_stage or _GENERALLY_AVAILABLE
        service.ingress = service.ingress or run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL
        service.update_time.CopyFrom(now())
        service.uri = "" if service.default_uri_disabled else self._reconciler.address(service.name)
        service.urls[:] = [service.uri] if service.uri else []
        service.reconciling = True
        service.terminal_condition.CopyFrom(condition("Ready", RECONCILING))
        self._records.save_service(service)

    def _begin(self, service: Proto, *, validate_only: bool) -> Proto:
        parent = ServiceName.parse(service.name).parent
        if validate_only:
            return self._operations.completed(parent, service)
        return self._operations.begin(parent, service, lambda: self._work(service))

    def _work(self, service: Proto) -> Proto:
        if service.HasField("delete_time"):
            self._reconciler.remove(service.name)
            return service
        return self._reconciler.reconcile(service.name, service.generation)


_GENERALLY_AVAILABLE = 4
"""google.api.LaunchStage.GA"""


def _merged(previous: Proto, request: Proto) -> Proto:
    """Return the wanted service: replaced as a whole, or only at the paths of the mask."""
    service = SERVICE()
    service.CopyFrom(previous)
    paths = list(request.update_mask.paths)
    if not paths or paths == ["*"]:
        _copy_writable(request.service, service, _WRITABLE)
        return service
    _check_paths(paths)
    FieldMask(paths=paths).MergeMessage(
        request.service, service, replace_message_field=True, replace_repeated_field=True
    )
    return service


def _check_paths(paths: list[str]) -> None:
    mask = FieldMask(paths=paths)
    for path in paths:
        if path.partition(".")[0] not in _WRITABLE or not mask.IsValidForDescriptor(
            SERVICE.DESCRIPTOR
        ):
            refuse(f"Invalid update_mask: '{path}' is no path of a service to be written.")


def _copy_writable(source: Proto, target: Proto, fields: list[str]) -> None:
    FieldMask(paths=fields).MergeMessage(
        source, target, replace_message_field=True, replace_repeated_field=True
    )


def _specification(service: Proto) -> Proto:
    part = SERVICE()
    _copy_writable(service, part, _WRITABLE)
    return part
