"""The last lines of a revision or a build, from Cloud Logging, safe to quote on GitHub."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, cast

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.types import ListLogEntriesRequest, LogEntry
from google.logging.type.log_severity_pb2 import (  # type: ignore[import-untyped]  # has no types
    WARNING,
    LogSeverity,
)

from bot.clients.endpoint import DEADLINE, grpc, translate
from bot.ports import Broken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bot.core.configuration import ServiceKey

LONGEST = 300
"""Characters of a line that are shown."""
PAGES = 5
"""Pages read at most: a page may be empty while Cloud Logging goes on searching
(https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list)."""

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
"""ANSI: control sequences, operating system commands such as links, two-character escapes
(https://ecma-international.org/publications-and-standards/standards/ecma-48/)."""


class CloudLogging:
    """`Logs`; an empty `target` is the real thing, else `host:port`.

    Lines have no control characters and at most 300 characters; those of severity WARNING and
    above begin with it. Raises Transient and Broken.
    """

    def __init__(self, target: str) -> None:
        self._client = grpc(LoggingServiceV2Client, target)

    def of_revision(
        self, key: ServiceKey, revision: str, since: datetime, limit: int
    ) -> tuple[str, ...]:
        """Return a revision's last lines, oldest first."""
        labels = {
            "location": key.region,
            "service_name": key.service,
            "revision_name": revision,
        }
        return self._last(key.project, _filter("cloud_run_revision", labels, since), limit)

    def of_build(self, name: str, since: datetime, limit: int) -> tuple[str, ...]:
        """Return the last lines of a build, `projects/P/locations/L/builds/ID`, oldest first."""
        _, project, *_, build = name.split("/")
        return self._last(project, _filter("build", {"build_id": build}, since), limit)

    def _last(self, project: str, which: str, limit: int) -> tuple[str, ...]:
        request = ListLogEntriesRequest(
            resource_names=[f"projects/{project}"],
            filter=which,
            order_by="timestamp desc",
            page_size=limit,
        )
        try:
            with translate("Cloud Logging"):
                newest_first = list(islice(self._lines(request), limit))
        except GoogleAPICallError as error:
            message = f"Cloud Logging cannot be read: {error}"
            raise Broken(message) from error
        return tuple(reversed(newest_first))

    def _lines(self, request: ListLogEntriesRequest) -> Iterator[str]:
        pager = self._client.list_log_entries(request, retry=None, timeout=DEADLINE)
        over = time.monotonic() + DEADLINE
        for page in islice(pager.pages, PAGES):
            yield from chain.from_iterable(reversed(lines_of(entry)) for entry in page.entries)
            if time.monotonic() > over:
                return


def _filter(resource: str, labels: dict[str, str], since: datetime) -> str:
    """Without a time Cloud Logging would search all that it keeps."""
    parts = {"resource.type": resource}
    parts |= {f"resource.labels.{name}": value for name, value in labels.items()}
    equal = [f"{name}={json.dumps(value)}" for name, value in parts.items()]
    return " AND ".join([*equal, f'timestamp>="{since.isoformat()}"'])


def lines_of(entry: LogEntry) -> list[str]:
    """Return an entry's lines as people may read them; none for one without words."""
    severity = _name(entry.severity) + " " if entry.severity >= WARNING else ""
    cleaned = (_clean(line) for line in ESCAPES.sub("", _text(entry)).splitlines())
    return [f"{severity}{line}"[:LONGEST] for line in cleaned if line]


def _text(entry: LogEntry) -> str:
    if entry.text_payload:
        return str(entry.text_payload)
    if not entry.json_payload:
        return ""
    fields = cast("Mapping[str, Any]", entry.json_payload)
    message = fields.get("message") or fields.get("msg")
    if isinstance(message, str):
        return message
    return json.dumps(fields, ensure_ascii=False, default=_plainly)


def _plainly(inner: Mapping[str, Any] | Iterable[Any]) -> dict[str, Any] | list[Any]:
    return dict(inner) if isinstance(inner, Mapping) else list(inner)


def _name(severity: int) -> str:
    """Return the name of the highest severity that this one reaches; any number may be logged."""
    return str(max((n, name) for name, n in LogSeverity.items() if n <= severity)[1])


def _clean(line: str) -> str:
    return "".join(mark if mark.isprintable() else " " for mark in line).strip()
