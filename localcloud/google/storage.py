"""Cloud Storage's JSON API, as far as google-cloud-storage needs it for files.

https://cloud.google.com/storage/docs/json_api/v1
"""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from localcloud.google.rest import json_response
from localcloud.google.storage_errors import StorageRefusal, missing, wrong
from localcloud.google.storage_shapes import bucket_shape, etag_of, object_shape
from localcloud.google.storage_uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.google.storage_objects import ObjectStore, Stored

_PATH = re.compile(
    r"/(?:(upload|download)/)?storage/v1/b(?:/([^/]+)(?:/(o)(?:/(.+))?)?)?/?", re.DOTALL
)
_BUCKET = re.compile(r"[a-z0-9][-_.a-z0-9]{1,220}[a-z0-9]")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PIECE = 256 * 1024
_MOST_RESULTS = 1000


class StoragePages:
    """Answers `/storage/…`, `/upload/…` and `/download/…`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._uploads = Uploads(store)

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        found = _PATH.fullmatch(request.path)
        try:
            if not found:
                missing("Not Found")
            return self._route(request, *found.groups())
        except StorageRefusal as refusal:
            return json_response(refusal.body(), refusal.status)

    def _route(self, request: Request, *parts: str | None) -> Response:
        match (request.method, *parts):
            case ("POST" | "PUT", "upload", str(bucket), "o", None):
                return self._uploads.answer(bucket, request)
            case (str(verb), None, None, None, None):
                return self._buckets(verb, request)
            case ("GET", None, str(bucket), None, None):
                return json_response(bucket_shape(self._store.bucket(bucket), request.host_url))
            case ("GET", None, str(bucket), "o", None):
                return self._list(bucket, request)
            case (str(verb), None | "download" as way, str(bucket), "o", str(name)):
                return self._object(verb, (bucket, name), request, media=way is not None)
            case _:
                missing("Not Found")
        return None

    def _buckets(self, verb: str, request: Request) -> Response:
        host = request.host_url
        if verb == "GET":
            items = [bucket_shape(one, host) for one in self._store.buckets()]
            return json_response({"kind": "storage#buckets", "items": items})
        settings = _body(request)
        name = str(settings.get("name", ""))
        if verb != "POST" or not _BUCKET.fullmatch(name):
            wrong(f"Invalid bucket name: {name!r}")
        return json_response(bucket_shape(self._store.create_bucket(name, settings), host))

    def _object(
        self, verb: str, place: tuple[str, str], request: Request, *, media: bool
    ) -> Response:
        if verb == "DELETE":
            self._store.delete(*place, request.args.get("ifGenerationMatch"))
            return Response(status=204)
        if verb != "GET":
            missing("Not Found")
        stored = self._store.get(*place)
        if request.args.get("generation", str(stored.generation)) != str(stored.generation):
            missing(f"No such object: {place[0]}/{place[1]}")
        if media or request.args.get("alt") == "media":
            return self._media(stored, request)
        return json_response(object_shape(stored, request.host_url))

    def _list(self, bucket: str, request: Request) -> Response:
        prefix, delimiter = request.args.get("prefix", ""), request.args.get("delimiter", "")
        found = self._store.under(bucket, prefix)
        folders = sorted({folder for one in found if (folder := _folder(one, prefix, delimiter))})
        plain = [one for one in found if not _folder(one, prefix, delimiter)]
        size = min(request.args.get("maxResults", _MOST_RESULTS, type=int), _MOST_RESULTS)
        start = request.args.get("pageToken", 0, type=int)
        page = plain[start : start + size]
        items = [object_shape(one, request.host_url) for one in page]
        answer: dict[str, Any] = {"kind": "storage#objects", "items": items, "prefixes": folders}
        if start + size < len(plain):
            answer["nextPageToken"] = str(start + size)
        return json_response(answer)

    def _media(self, stored: Stored, request: Request) -> Response:
        first, last = _wanted(request.headers.get("Range", ""), stored.size)
        file = self._store.open(stored)
        file.seek(first)
        partial = (first, last) != (0, stored.size - 1)
        answer = Response(_pieces(file, last - first + 1), 206 if partial else 200)
        answer.call_on_close(file.close)
        answer.headers.update(_media_headers(stored))
        answer.content_length = last - first + 1
        if partial:
            answer.headers["Content-Range"] = f"bytes {first}-{last}/{stored.size}"
        return answer


def _media_headers(stored: Stored) -> dict[str, str]:
    return {
        "Content-Type": stored.settings.get("contentType") or "application/octet-stream",
        "X-Goog-Hash": f"crc32c={stored.crc32c},md5={stored.md5}",
        "X-Goog-Generation": str(stored.generation),
        "X-Goog-Metageneration": "1",
        "ETag": etag_of(stored),
    }


def _wanted(header: str, size: int) -> tuple[int, int]:
    """Return the first and the last byte that a Range header asks for."""
    found = _RANGE.fullmatch(header)
    if not found:
        return 0, size - 1
    first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    if first > last:
        raise StorageRefusal(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
    return first, last


def _pieces(file: IO[bytes], left: int) -> Iterator[bytes]:
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece


def _folder(stored: Stored, prefix: str, delimiter: str) -> str:
    """Return the common prefix under which a listing with a delimiter hides an object."""
    head, found, _ = stored.name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
    return f"{prefix}{head}{found}" if found else ""


def _body(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(request.get_data() or b"{}")
    except ValueError:
        wrong("Parse Error")
    if not isinstance(found, dict):
        wrong("Parse Error")
    return found
