"""Sources in Cloud Storage: where Cloud Build reads exactly the commit that it shall build.

GitHub's tarball is rewritten while it is read and uploaded, in bounded memory: without its top
folder and without the commit id in a global header, so that the same commit is the same object.
"""

from __future__ import annotations

import posixpath
import tarfile
import zlib
from gzip import BadGzipFile, GzipFile
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, cast

from google.api_core.exceptions import GoogleAPICallError, NotFound, PreconditionFailed
from google.cloud.storage import Blob, Client  # type: ignore[import-untyped]  # has no types
from google.cloud.storage.exceptions import (  # type: ignore[import-untyped]  # has no types
    DataCorruption,
)
from google.cloud.storage.retry import (  # type: ignore[import-untyped]  # has no types
    DEFAULT_RETRY,
)

from bot.clients.endpoint import DEADLINE, credentials_for, legible, translate
from bot.ports import Broken, Transient
from bot.trouble import Unsuitable

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 8 * 1024 * 1024
"""Bytes held and sent at a time; a multiple of 256 KiB
(https://cloud.google.com/storage/docs/performing-resumable-uploads)."""
LARGEST = 2 * 1024 * 1024 * 1024
"""Bytes of files in one source: a small archive may unpack to any size."""
LEVEL = 1
"""Of compression: the upload is near, time is short."""
GZIP = 16 + zlib.MAX_WBITS
"""A gzip header, without a time (https://docs.python.org/3/library/zlib.html#zlib.compressobj)."""
PIECE = 64 * 1024

RETRY = DEFAULT_RETRY.with_timeout(DEADLINE)


class StorageSources:
    """`Sources` in one bucket; an empty `url` is the real thing, else `http://127.0.0.1:PORT`."""

    def __init__(self, bucket: str, url: str) -> None:
        options = {"api_endpoint": url} if url else None
        with translate("Cloud Storage"):
            client = Client(project=None, credentials=credentials_for(url), client_options=options)
        client._http.hooks["response"].append(legible)  # noqa: SLF001  # it has no name
        self._bucket = client.bucket(bucket)

    def reach(self) -> None:
        """Read one object's name, to see that the bucket is there and ours to read."""
        name = self._bucket.name
        try:
            with translate("Cloud Storage"):
                listed = self._bucket.list_blobs(max_results=1, timeout=DEADLINE, retry=RETRY)
                next(iter(listed), None)
        except GoogleAPICallError as error:
            message = f"bucket {name}: {error}; gcloud storage buckets create gs://{name}"
            raise Broken(message) from error

    def put(self, name: str, archive: Iterator[bytes]) -> str:
        """Store a tarball without its top folder unless it is there; return `gs://bucket/object`.

        An object that is there is not read or written again: its name says what it holds. Raises
        Transient, also when the archive breaks off, and Broken for an archive that must not be
        unpacked and when the bucket refuses us. Neither leaves an object.
        """
        blob = self._bucket.blob(name, chunk_size=CHUNK)
        try:
            with translate("Cloud Storage"):
                if not blob.exists(timeout=DEADLINE, retry=RETRY):
                    _upload(blob, archive)
        except GoogleAPICallError as error:
            message = f"Cloud Storage refuses {name}: {error}"
            raise Broken(message) from error
        return f"gs://{self._bucket.name}/{name}"


def _upload(blob: Blob, archive: Iterator[bytes]) -> None:
    """Write the object unless somebody else was quicker.

    A resumable upload makes its object with the last chunk, which is never sent when reading the
    archive fails (https://cloud.google.com/storage/docs/resumable-uploads).
    """
    try:
        blob.upload_from_file(
            _Stream(repacked(archive)),
            content_type="application/gzip",
            if_generation_match=0,
            timeout=DEADLINE,
            retry=RETRY,
        )
    except PreconditionFailed:
        return
    except (DataCorruption, NotFound) as error:
        if isinstance(error, NotFound) and not _lost(error):
            raise
        message = f"Cloud Storage: {error}"
        raise Transient(message) from error


def _lost(error: NotFound) -> bool:
    """Tell whether the upload is gone, not the bucket: it is old, or over and its answer was lost.

    To begin anew is what is asked for
    (https://cloud.google.com/storage/docs/json_api/v1/status-codes#404-not-found).
    """
    return error.response is not None and error.response.request.method == "PUT"


def repacked(archive: Iterator[bytes]) -> Iterator[bytes]:
    """Rewrite a gzipped tarball, piece by piece, without the folder around it all.

    The same files come out as the same bytes. Raises Transient when the archive breaks off and
    Broken for one that must not be unpacked.
    """
    zipped = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    try:
        for piece in _tar(archive):
            yield zipped.compress(piece)
    except EOFError as error:
        message = "the archive of the source broke off"
        raise Transient(message) from error
    except (tarfile.TarError, zlib.error, BadGzipFile) as error:
        message = f"the archive of the source cannot be read: {error}"
        raise Broken(message) from error
    yield zipped.flush()


def _tar(archive: Iterator[bytes]) -> Iterator[bytes]:
    top, size = "", 0
    with (
        GzipFile(fileobj=cast("IO[bytes]", _Stream(_begun(archive)))) as unzipped,
        tarfile.open(fileobj=unzipped, mode="r|") as tar,
    ):
        while (member := tar.next()) is not None:
            cast("Any", tar).members.clear()  # never searched, and would grow with the archive
            top, size = top or member.name.partition("/")[0], size + member.size
            if size > LARGEST:
                message = f"the source is larger than {LARGEST} bytes"
                raise Unsuitable(message)
            if fresh := _without(top, member):
                yield fresh.tobuf(tarfile.PAX_FORMAT, "utf-8")
                yield from _content(tar, member)
        _read_to_end(tar)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _begun(archive: Iterator[bytes]) -> Iterator[bytes]:
    """Make sure that anything comes: gzip takes nothing for an empty file."""
    first = next(filter(None, archive), None)
    if first is None:
        raise EOFError
    return chain((first,), archive)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    file = tar.extractfile(member) if member.isreg() else None
    if file is not None:
        while piece := file.read(PIECE):
            yield piece
        yield bytes(-member.size % tarfile.BLOCKSIZE)


def _read_to_end(tar: tarfile.TarFile) -> None:
    """Make sure that the archive ends here: its last bytes hold the checksum.

    `tarfile` takes a garbled header for the end, but only zeros may follow the real one.
    """
    while piece := cast("IO[bytes]", tar.fileobj).read(PIECE):
        if piece.strip(b"\0"):
            message = "garbled"
            raise tarfile.ReadError(message)


def _without(top: str, member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Return the member under its name below the top folder; None for that folder itself.

    The header is made anew because a copied one keeps its extended headers, which would bring
    the old name back.
    """
    name = _below(top, member.name)
    if name is None or not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        message = f"the source holds {member.name!r}, which cannot be unpacked safely"
        raise Unsuitable(message)
    if not name:
        return None
    fresh = tarfile.TarInfo(name)
    fresh.mtime, fresh.mode = member.mtime, member.mode & 0o755
    fresh.linkname = _link(top, name, member)
    if member.isreg():
        fresh.size = member.size
    else:
        fresh.type = member.type
    return fresh


def _below(top: str, name: str) -> str | None:
    """Return a name's rest below the top folder, or None when it lies elsewhere."""
    first, *parts = name.split("/")
    if not top or first != top or ".." in parts or top == "..":
        return None
    return "/".join(part for part in parts if part not in {"", "."})


def _link(top: str, name: str, member: tarfile.TarInfo) -> str:
    """Return where a link leads, within the source; nothing for what is no link."""
    target: str | None = ""
    if member.islnk():
        target = _below(top, member.linkname) or None
    elif member.issym():
        reached = posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
        target = None if reached.split("/")[0] in {"", ".."} else member.linkname
    if target is None:
        message = f"the source's link {name!r} leads out of it, to {member.linkname!r}"
        raise Unsuitable(message)
    return target


class _Stream:
    """The pieces of an iterator as a file that is read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()
        self._position = 0

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        while len(self._held) < size and (piece := next(self._pieces, None)) is not None:
            self._held += piece
        taken = bytes(self._held[:size])
        del self._held[:size]
        self._position += len(taken)
        return taken

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._position
