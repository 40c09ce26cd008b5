"""The three ways to upload: in one body, with metadata in front of it, or piece by piece.

https://cloud.google.com/storage/docs/uploads-downloads#uploads
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from werkzeug.http import parse_options_header
from werkzeug.wrappers import Request, Response

from localcloud.google.rest import json_response
from localcloud.google.storage_errors import StorageRefusal, missing, wrong
from localcloud.google.storage_objects import draft
from localcloud.google.storage_shapes import object_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.storage_objects import Incoming, ObjectStore, Stored

_RANGE = re.compile(r"bytes (?:\*|(\d+)-(\d+))/(\d+|\*)")
_LONGEST_METADATA = 1024 * 1024
_MOST_SESSIONS = 100
_RESUME = 308


@dataclass
class _Session:
    draft: Stored
    incoming: Incoming
    generation_match: str | None


class Uploads:
    """Answers everything under `/upload/`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def answer(self, bucket: str, request: Request) -> Response:
        """Take an upload, or one piece of it."""
        if request.method == "PUT":
            return self._piece(request)
        self._store.bucket(bucket)
        kind = request.args.get("uploadType", "")
        if kind == "resumable":
            return self._open(bucket, request)
        if kind == "multipart":
            return self._multipart(bucket, request)
        if kind == "media":
            settings = {"contentType": request.headers.get("Content-Type", "")}
            whole = draft(bucket, _name(request, {}), settings)
            return self._keep(whole, request.stream.read, request)
        wrong(f"Unknown uploadType {kind!r}.")
        return None

    def _keep(self, whole: Stored, read: Callable[[int], bytes], request: Request) -> Response:
        with self._store.incoming() as incoming:
            incoming.receive(read)
            kept = self._store.keep(whole, incoming, request.args.get("ifGenerationMatch"))
        return json_response(object_shape(kept, request.host_url))

    def _multipart(self, bucket: str, request: Request) -> Response:
        kind, options = parse_options_header(request.headers.get("Content-Type", ""))
        if kind != "multipart/related" or not options.get("boundary"):
            wrong("A multipart upload needs a multipart/related body.")
        parts = _Parts(request.stream, options["boundary"].encode())
        settings = _settings(parts.first())
        content_type = parts.headers().get("content-type", "")
        settings.setdefault("contentType", content_type)
        return self._keep(draft(bucket, _name(request, settings), settings), parts.read, request)

    def _open(self, bucket: str, request: Request) -> Response:
        settings = _settings(request.get_data())
        settings.setdefault("contentType", request.headers.get("X-Upload-Content-Type", ""))
        whole = draft(bucket, _name(request, settings), settings)
        match = request.args.get("ifGenerationMatch")
        session = _Session(whole, self._store.place(), match)
        upload_id = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions[upload_id] = session
            self._forget_oldest()
        query = f"uploadType=resumable&upload_id={upload_id}"
        address = f"{request.host_url.rstrip('/')}{request.path}?{query}"
        return Response(headers={"Location": address, "X-GUploader-UploadID": upload_id})

    def _forget_oldest(self) -> None:
        while len(self._sessions) > _MOST_SESSIONS:
            oldest = self._sessions.pop(next(iter(self._sessions)))
            oldest.incoming.path.unlink(missing_ok=True)

    def _piece(self, request: Request) -> Response:
        """Take the next piece of a resumable upload, or tell how far it has come."""
        upload_id = request.args.get("upload_id", "")
        session = self._sessions.get(upload_id)
        if session is None:
            missing("No such upload.")
        total = _receive(session.incoming, request)
        if total is None or session.incoming.size < total:
            return _incomplete(session.incoming)
        with self._lock:
            self._sessions.pop(upload_id, None)
        return self._close(session, request)

    def _close(self, session: _Session, request: Request) -> Response:
        try:
            kept = self._store.keep(session.draft, session.incoming, session.generation_match)
        except StorageRefusal:
            session.incoming.path.unlink(missing_ok=True)
            raise
        return json_response(object_shape(kept, request.host_url))


def _receive(incoming: Incoming, request: Request) -> int | None:
    """Append the piece, skipping what arrived before; return the total once it is known."""
    header = request.headers.get("Content-Range")
    if header is None:
        incoming.receive(request.stream.read)
        return incoming.size
    found = _RANGE.fullmatch(header)
    if not found:
        wrong(f"Invalid Content-Range {header!r}.")
    first, _, total = found.groups()
    if first is not None and int(first) <= incoming.size:
        request.stream.read(incoming.size - int(first))
        incoming.receive(request.stream.read)
    return None if total == "*" else int(total)


def _incomplete(incoming: Incoming) -> Response:
    answer = Response(status=_RESUME)
    if incoming.size:
        answer.headers["Range"] = f"bytes=0-{incoming.size - 1}"
    return answer


def _settings(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text or b"{}")
    except ValueError:
        wrong("The object's metadata is not JSON.")
    if not isinstance(found, dict):
        wrong("The object's metadata is not a JSON object.")
    return found


def _name(request: Request, settings: dict[str, Any]) -> str:
    name = settings.pop("name", "") or request.args.get("name", "")
    if not isinstance(name, str) or not 0 < len(name.encode()) <= 1024:  # noqa: PLR2004  # bytes, the documented limit
        wrong("An object needs a name of 1 to 1024 bytes.")
    return name


class _Parts:
    """A multipart/related body of two parts, read as a stream."""

    def __init__(self, stream: IO[bytes], boundary: bytes) -> None:
        self._stream = stream
        self._delimiter = b"--" + boundary
        self._held = b""

    def first(self) -> bytes:
        """Return the first part's body: the metadata."""
        if not self._line().startswith(self._delimiter):
            wrong("The body does not start with its boundary.")
        self.headers()
        lines: list[bytes] = []
        while not (line := self._line()).startswith(self._delimiter):
            lines.append(line)
            if sum(map(len, lines)) > _LONGEST_METADATA:
                wrong("The object's metadata is too long.")
        return b"".join(lines)

    def headers(self) -> dict[str, str]:
        """Return the headers in front of a part's body, their names in lower case."""
        found: dict[str, str] = {}
        while line := self._line().strip():
            name, _, value = line.decode("latin-1").partition(":")
            found[name.strip().lower()] = value.strip()
        return found

    def read(self, size: int) -> bytes:
        """Return the next piece of the second part's body; b"" at its end."""
        end = b"\r\n" + self._delimiter + b"--"
        keep = len(end) + 4
        while len(self._held) < size + keep and (piece := self._stream.read(size)):
            self._held += piece
        if len(self._held) > size + keep:
            piece, self._held = self._held[:size], self._held[size:]
            return piece
        return self._rest(end)

    def _rest(self, end: bytes) -> bytes:
        last = self._held
        self._held = b""
        if last and end not in last:
            wrong("The body does not end with its boundary.")
        return last[: last.rindex(end)] if last else b""

    def _line(self) -> bytes:
        line = self._stream.readline(_LONGEST_METADATA)
        if not line:
            wrong("The body ends too early.")
        return line
