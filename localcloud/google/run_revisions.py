"""Revisions: cut from a template once, never changed, listed and deleted by name."""

from __future__ import annotations

import secrets
import string
import uuid
from typing import TYPE_CHECKING

from google.cloud import run_v2

from localcloud.google.errors import Code, refuse
from localcloud.google.paging import page_of
from localcloud.google.protocol import MethodTable, Proto, method, raw
from localcloud.google.run_conditions import RECONCILING, condition, set_conditions
from localcloud.google.run_records import REVISION, RunRecords, ServiceName, last
from localcloud.google.run_templates import nameless, same_configuration
from localcloud.google.run_traffic import revision_of
from localcloud.google.times import now

if TYPE_CHECKING:
    from localcloud.google.operations import Operations

_ETAGS_DIFFER = (
    "Conflict for resource '{}': version '{}' was specified but current version is '{}'."
)
_LIST = raw(run_v2.ListRevisionsResponse)


def check_etag(resource: Proto, etag: str) -> None:
    """Refuse a write that was decided on an older state; no etag means last writer wins."""
    if etag and etag != resource.etag:
        message = _ETAGS_DIFFER.format(last(resource.name), etag, resource.etag)
        refuse(message, Code.ABORTED)


def plan_revision(records: RunRecords, service: Proto, previous: Proto | None) -> str:
    """Return the full name of the revision that a write leads to: a new one, or a known one.

    Raises ApiError ALREADY_EXISTS when the name is taken by another configuration.
    """
    if previous is not None and service.template == previous.template:
        return str(previous.latest_created_revision)
    wanted = service.template.revision or _generated_id(service)
    name = f"{service.name}/revisions/{wanted}"
    template = records.template_of(name)
    if template is not None and not same_configuration(template, service.template):
        message = f"Revision named '{wanted}' with different configuration already exists."
        refuse(message, Code.ALREADY_EXISTS)
    return name


def _generated_id(service: Proto) -> str:
    letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(3))
    return f"{last(service.name)}-{service.generation:05d}-{letters}"


def cut_revision(records: RunRecords, name: str, service: Proto) -> None:
    """Write a new revision; one that is on record already stays as it is."""
    if records.find_revision(name) is not None:
        return
    template = nameless(service.template)
    revision = REVISION(name=name, uid=str(uuid.uuid4()), service=last(service.name), generation=1)
    _copy_same_fields(template, revision)
    revision.launch_stage = service.launch_stage
    revision.reconciling = True
    revision.create_time.CopyFrom(now())
    revision.update_time.CopyFrom(revision.create_time)
    revision.log_uri = _log_uri(name)
    set_conditions(revision, condition("Ready", RECONCILING))
    records.save_template(name, template)
    records.save_revision(revision)


def _copy_same_fields(template: Proto, revision: Proto) -> None:
    shared = {field.name for field in revision.DESCRIPTOR.fields}
    for field, value in template.ListFields():
        if field.name in shared:
            part = type(revision).FromString(b"")
            _assign(part, field, value)
            revision.MergeFrom(part)


def _assign(message: Proto, field: Proto, value: Proto) -> None:
    if field.message_type is not None or field.is_repeated:
        getattr(message, field.name).MergeFrom(value)
    else:
        setattr(message, field.name, value)


def _log_uri(name: str) -> str:
    of = ServiceName.parse(name)
    query = (
        f'resource.type="cloud_run_revision" resource.labels.service_name="{of.service}" '
        f'resource.labels.revision_name="{last(name)}"'
    )
    return (
        f"https://console.cloud.google.com/logs/viewer?project={of.project}&advancedFilter={query}"
    )


class RevisionsApi:
    """google.cloud.run.v2.Revisions."""

    def __init__(self, records: RunRecords, operations: Operations) -> None:
        self._records = records
        self._operations = operations

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "GetRevision": method(run_v2.GetRevisionRequest, self._get),
            "ListRevisions": method(run_v2.ListRevisionsRequest, self._list),
            "DeleteRevision": method(run_v2.DeleteRevisionRequest, self._delete),
        }
        return {f"/google.cloud.run.v2.Revisions/{name}": made for name, made in table.items()}

    def _get(self, request: Proto) -> Proto:
        return self._records.revision(request.name)

    def _list(self, request: Proto) -> Proto:
        page, token = page_of(self._records.revisions(request.parent), request)
        return _LIST(revisions=page, next_page_token=token)

    def _delete(self, request: Proto) -> Proto:
        with self._records.records.transaction():
            revision = self._records.revision(request.name)
            check_etag(revision, request.etag)
            self._refuse_in_use(request.name)
            if not request.validate_only:
                revision.delete_time.CopyFrom(now())
                self._records.forget_revision(request.name)
        parent = ServiceName.parse(request.name).parent
        return self._operations.begin(parent, revision, lambda: revision)

    def _refuse_in_use(self, name: str) -> None:
        service = self._records.service(name.partition("/revisions/")[0])
        held = {revision_of(service, target) for target in service.traffic_statuses}
        if name in held or name == service.latest_created_revision:
            message = (
                f"Revision '{last(name)}' cannot be deleted: it receives traffic, has a tag, or is "
                "the latest created revision of its service."
            )
            refuse(message, Code.FAILED_PRECONDITION)
