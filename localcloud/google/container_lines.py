"""A container's output line as a log entry, structured as Cloud Run does it.

https://cloud.google.com/run/docs/logging, https://cloud.google.com/logging/docs/structured-logging
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

from localcloud.google.log_store import ENTRY, Severity
from localcloud.google.run_records import ServiceName, last
from localcloud.google.times import stamp

if TYPE_CHECKING:
    from localcloud.google.protocol import Proto

_LONGEST = 100_000
"""Characters of a line that are kept."""
_LABELS = "logging.googleapis.com/labels"
_TRACE = "logging.googleapis.com/trace"
_SPAN = "logging.googleapis.com/spanId"


def entry_of_line(service: str, revision: str, stream: str, text: str) -> Proto:
    """Return the entry; a JSON object becomes its payload, with severity, labels and trace."""
    of = ServiceName.parse(service)
    entry = ENTRY(log_name=f"projects/{of.project}/logs/run.googleapis.com%2F{stream}")
    entry.resource.type = "cloud_run_revision"
    entry.resource.labels.update(revision_labels(of, revision))
    payload = _object(text)
    if payload is None:
        entry.text_payload = text[:_LONGEST]
    else:
        _structure(entry, payload)
    return entry


def revision_labels(of: ServiceName, revision: str) -> dict[str, str]:
    """Return the labels of the monitored resource `cloud_run_revision`."""
    return {
        "project_id": of.project,
        "location": of.location,
        "service_name": of.service,
        "revision_name": last(revision),
        "configuration_name": of.service,
    }


def at(entry: Proto, moment: float) -> Proto:
    """Return the entry with its time in unix seconds."""
    entry.timestamp.CopyFrom(stamp(moment))
    return entry


def _object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _structure(entry: Proto, payload: dict[str, Any]) -> None:
    severity = str(payload.pop("severity", "DEFAULT")).upper()
    entry.severity = Severity.__members__.get({"WARN": "WARNING"}.get(severity, severity), 0)
    labels = payload.pop(_LABELS, {})
    if isinstance(labels, dict):
        entry.labels.update({str(name): str(value) for name, value in labels.items()})
    entry.trace = str(payload.pop(_TRACE, ""))
    entry.span_id = str(payload.pop(_SPAN, ""))
    try:
        json_format.ParseDict(payload, entry.json_payload)
    except (json_format.ParseError, ValueError):
        entry.text_payload = json.dumps(payload)[:_LONGEST]
