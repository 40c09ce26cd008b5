"""Builds on record: their names, and changes that are announced and logged.

https://cloud.google.com/build/docs/subscribe-build-notifications
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from google.cloud.devtools import cloudbuild_v1
from google.protobuf import json_format

from localcloud.google.errors import Code, refuse
from localcloud.google.log_store import ENTRY, LogStore, Severity
from localcloud.google.protocol import raw
from localcloud.google.times import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.protocol import Proto
    from localcloud.google.pubsub_topics import Topics
    from localcloud.google.records import Records

BUILD = raw(cloudbuild_v1.Build)
STATUS = cloudbuild_v1.Build.Status
RUNNING = frozenset({STATUS.PENDING, STATUS.QUEUED, STATUS.WORKING})


def build_name(project: str, location: str, build_id: str) -> str:
    """Return a build's full name."""
    return f"projects/{project}/locations/{location}/builds/{build_id}"


def location_of(build: Proto) -> str:
    """Return where a build runs: `global` or a region."""
    return str(build.name.split("/")[3])


def operation_name(build: Proto) -> str:
    """Return the name of a build's operation; it is made of the build's own id."""
    encoded = base64.b64encode(build.id.encode()).decode()
    if location_of(build) == "global":
        return f"operations/build/{build.project_id}/{encoded}"
    return f"projects/{build.project_id}/locations/{location_of(build)}/operations/{encoded}"


def build_of_operation(name: str) -> str | None:
    """Return the build that an operation's name stands for, None if it is no build's."""
    match name.split("/"):
        case ["operations", "build", project, encoded]:
            location = "global"
        case ["projects", project, "locations", location, "operations", encoded]:
            pass
        case _:
            return None
    try:
        return build_name(project, location, base64.b64decode(encoded, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        return None


class BuildRecords:
    """Keeps builds; tells topic `cloud-builds` of every new status, and the log of every line."""

    def __init__(self, records: Records, topics: Topics, log: LogStore) -> None:
        self._records = records
        self._topics = topics
        self._log = log

    def find(self, name: str) -> Proto | None:
        """Return a build, None when absent."""
        return self._records.get("build", name, BUILD)

    def build(self, name: str) -> Proto:
        """Return a build; raises ApiError NOT_FOUND."""
        found = self.find(name)
        if found is None:
            refuse("Requested entity was not found.", Code.NOT_FOUND)
        return found

    def under(self, prefix: str) -> list[Proto]:
        """Return the builds whose names start with the prefix, newest first."""
        found = self._records.under("build", prefix, BUILD)
        return sorted(found, key=lambda one: -one.create_time.ToNanoseconds())

    def add(self, build: Proto) -> None:
        """Record a new build."""
        with self._records.transaction():
            self._records.put("build", build.name, build)
            self._announce(build)

    def change(self, name: str, edit: Callable[[Proto], None]) -> bool:
        """Edit a build that has not ended; False leaves one that has as it is."""
        with self._records.transaction():
            build = self.build(name)
            before = build.status
            if before not in RUNNING:
                return False
            edit(build)
            if build.status not in RUNNING:
                build.finish_time.CopyFrom(now())
            self._records.put("build", name, build)
            if build.status != before:
                self._announce(build)
        return True

    def line(self, build: Proto, text: str, step: int | None = None) -> None:
        """Write one line of a build's log."""
        entry = ENTRY(log_name=f"projects/{build.project_id}/logs/cloudbuild")
        entry.severity = Severity.INFO
        entry.resource.type = "build"
        entry.resource.labels.update({"project_id": build.project_id, "build_id": build.id})
        entry.resource.labels["build_trigger_id"] = ""
        entry.labels["build_tags"] = ",".join(build.tags)
        entry.labels["build_step"] = "MAIN" if step is None else f"Step #{step}"
        entry.text_payload = text if step is None else f"Step #{step}: {text}"
        self._log.write(entry)

    def _announce(self, build: Proto) -> None:
        topic = f"projects/{build.project_id}/topics/cloud-builds"
        data = json_format.MessageToJson(build, indent=None).encode()
        attributes = {"buildId": build.id, "status": STATUS(build.status).name}
        self._topics.publish(topic, data, attributes)
