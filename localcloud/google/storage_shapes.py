"""Buckets and objects as the JSON API shows them.

https://cloud.google.com/storage/docs/json_api/v1/objects#resource
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from localcloud.google.storage_objects import Json, Stored

_SETTINGS = (
    "contentType",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
    "cacheControl",
    "metadata",
)


def bucket_shape(bucket: Json, host: str) -> dict[str, Any]:
    """Return a bucket's resource."""
    name = bucket["name"]
    created = _time(bucket["created"])
    own = {key: value for key, value in bucket.items() if key not in {"created", "project"}}
    return {
        "kind": "storage#bucket",
        "id": name,
        "selfLink": f"{host}storage/v1/b/{name}",
        "location": "US",
        "locationType": "multi-region",
        "storageClass": "STANDARD",
        "metageneration": "1",
        "timeCreated": created,
        "updated": created,
        "etag": "CAE=",
        **own,
    }


def object_shape(stored: Stored, host: str) -> dict[str, Any]:
    """Return an object's resource."""
    path = f"storage/v1/b/{stored.bucket}/o/{quote(stored.name, safe='')}"
    created = _time(stored.created)
    own = {key: stored.settings[key] for key in _SETTINGS if stored.settings.get(key)}
    return {
        "kind": "storage#object",
        "id": f"{stored.bucket}/{stored.name}/{stored.generation}",
        "selfLink": f"{host}{path}",
        "mediaLink": f"{host}download/{path}?generation={stored.generation}&alt=media",
        "name": stored.name,
        "bucket": stored.bucket,
        "generation": str(stored.generation),
        "metageneration": "1",
        "storageClass": "STANDARD",
        "size": str(stored.size),
        "md5Hash": stored.md5,
        "crc32c": stored.crc32c,
        "etag": etag_of(stored),
        "timeCreated": created,
        "updated": created,
        "timeStorageClassUpdated": created,
        **own,
    }


def etag_of(stored: Stored) -> str:
    """Return an object's etag."""
    return base64.b64encode(str(stored.generation).encode()).decode()


def _time(seconds: float) -> str:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
