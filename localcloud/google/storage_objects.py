"""Buckets and objects: bytes in files, everything else on record."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import google_crc32c
from google.protobuf.wrappers_pb2 import StringValue
from msgspec import Struct
from msgspec import json as msgjson

from localcloud.google.storage_errors import (
    conflict,
    missing,
    precondition_failed,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.google.records import Records

Json: TypeAlias = Mapping[str, Any]
_PIECE = 1024 * 1024


class Stored(Struct, frozen=True, kw_only=True):
    """One object on record; `file` holds its bytes, `settings` what the writer said of it."""

    bucket: str
    name: str
    file: str
    generation: int
    size: int
    md5: str
    crc32c: str
    created: float
    settings: dict[str, Any] = {}


class Incoming:
    """Bytes on their way in: written to a file and hashed piece by piece."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc = google_crc32c.Checksum()  # type: ignore[no-untyped-call]
        path.touch()

    def receive(self, read: Callable[[int], bytes]) -> None:
        """Append everything that `read` gives, a bounded piece at a time."""
        with self.path.open("ab") as file:
            while piece := read(_PIECE):
                file.write(piece)
                self._md5.update(piece)
                self._crc.update(piece)  # type: ignore[no-untyped-call]
                self.size += len(piece)

    @property
    def md5(self) -> str:
        """The MD5 hash, as the API spells it."""
        return base64.b64encode(self._md5.digest()).decode()

    @property
    def crc32c(self) -> str:
        """The CRC-32C, as the API spells it."""
        return base64.b64encode(self._crc.digest()).decode()  # type: ignore[no-untyped-call]


class ObjectStore:
    """Keeps buckets and objects; safe from any thread."""

    def __init__(self, records: Records, root: Path) -> None:
        self._records = records
        self._root = root
        self._lock = threading.Lock()
        self._last_generation = 0
        root.mkdir(parents=True, exist_ok=True)
        self._forget_unfinished()

    def create_bucket(self, name: str, settings: Json) -> Json:
        """Make a bucket; raises StorageRefusal when it is there already."""
        with self._records.transaction():
            if self._records.get("bucket", name, StringValue) is not None:
                conflict(
                    "Your previous request to create the named bucket succeeded and you "
                    "already own it."
                )
            bucket = {**settings, "name": name, "created": time.time()}
            self._records.put("bucket", name, StringValue(value=json.dumps(bucket)))
        return bucket

    def bucket(self, name: str) -> Json:
        """Return a bucket; raises StorageRefusal when it is absent."""
        found = self._records.get("bucket", name, StringValue)
        if found is None:
            missing("The specified bucket does not exist.")
        bucket: Json = json.loads(found.value)
        return bucket

    def buckets(self) -> list[Json]:
        """Return every bucket."""
        return [json.loads(one.value) for one in self._records.under("bucket", "", StringValue)]

    @contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """Give a place for bytes to arrive at; if the block fails, they are forgotten."""
        arriving = self.place()
        try:
            yield arriving
        except BaseException:
            arriving.path.unlink(missing_ok=True)
            raise

    def place(self) -> Incoming:
        """Return a place for bytes that arrive over several requests."""
        return Incoming(self._root / uuid.uuid4().hex)

    def keep(self, draft: Stored, incoming: Incoming, generation_match: str | None) -> Stored:
        """Make what has arrived an object; raises StorageRefusal for an unmet precondition."""
        _check_hashes(draft.settings, incoming)
        with self._records.transaction():
            self.bucket(draft.bucket)
            previous = self._find(draft.bucket, draft.name)
            _check_generation(previous, generation_match)
            stored = self._stored(draft, incoming)
            self._records.put("object", _key(stored.bucket, stored.name), _wrapped(stored))
        if previous is not None:
            (self._root / previous.file).unlink(missing_ok=True)
        return stored

    def get(self, bucket: str, name: str) -> Stored:
        """Return an object; raises StorageRefusal when it is absent."""
        self.bucket(bucket)
        found = self._find(bucket, name)
        if found is None:
            missing(f"No such object: {bucket}/{name}")
        return found

    def open(self, stored: Stored) -> IO[bytes]:
        """Return the object's bytes; they stay readable even if it is deleted meanwhile."""
        try:
            return (self._root / stored.file).open("rb")
        except FileNotFoundError:
            missing(f"No such object: {stored.bucket}/{stored.name}")

    def under(self, bucket: str, prefix: str) -> list[Stored]:
        """Return the objects whose names start with the prefix, ordered by name."""
        self.bucket(bucket)
        found = self._records.under("object", _key(bucket, prefix), StringValue)
        return [msgjson.decode(one.value, type=Stored) for one in found]

    def delete(self, bucket: str, name: str, generation_match: str | None) -> None:
        """Remove an object; raises StorageRefusal when it is absent or another one."""
        with self._records.transaction():
            stored = self.get(bucket, name)
            _check_generation(stored, generation_match)
            self._records.delete("object", _key(bucket, name))
        (self._root / stored.file).unlink(missing_ok=True)

    def _forget_unfinished(self) -> None:
        """Remove what uploads of a former run left behind."""
        kept = self._records.under("object", "", StringValue)
        files = {msgjson.decode(one.value, type=Stored).file for one in kept}
        for path in self._root.iterdir():
            if path.name not in files:
                path.unlink()

    def _find(self, bucket: str, name: str) -> Stored | None:
        found = self._records.get("object", _key(bucket, name), StringValue)
        return msgjson.decode(found.value, type=Stored) if found else None

    def _stored(self, draft: Stored, incoming: Incoming) -> Stored:
        return Stored(
            bucket=draft.bucket,
            name=draft.name,
            file=incoming.path.name,
            generation=self._next_generation(),
            size=incoming.size,
            md5=incoming.md5,
            crc32c=incoming.crc32c,
            created=time.time(),
            settings=draft.settings,
        )

    def _next_generation(self) -> int:
        with self._lock:
            self._last_generation = max(self._last_generation + 1, time.time_ns() // 1000)
            return self._last_generation


def draft(bucket: str, name: str, settings: dict[str, Any]) -> Stored:
    """Return an object that has no bytes yet."""
    return Stored(
        bucket=bucket,
        name=name,
        settings=settings,
        file="",
        generation=0,
        size=0,
        md5="",
        crc32c="",
        created=0.0,
    )


def _key(bucket: str, name: str) -> str:
    return f"{bucket}/{name}"


def _wrapped(stored: Stored) -> StringValue:
    return StringValue(value=msgjson.encode(stored).decode())


def _check_generation(stored: Stored | None, wanted: str | None) -> None:
    if wanted is not None and wanted != str(stored.generation if stored else 0):
        precondition_failed("At least one of the pre-conditions you specified did not hold.")


def _check_hashes(settings: Json, incoming: Incoming) -> None:
    for field, actual in (("md5Hash", incoming.md5), ("crc32c", incoming.crc32c)):
        if settings.get(field, actual) != actual:
            wrong(f"Provided {field} {settings[field]!r} doesn't match calculated {actual!r}.")
