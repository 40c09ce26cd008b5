"""A build's source: a tarball out of Storage, unpacked so that nothing can leave the workspace."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NoReturn, TypeAlias

from localcloud.google.storage_errors import StorageRefusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.protocol import Proto
    from localcloud.google.storage_objects import ObjectStore

_MOST_MEMBERS = 100_000
_MOST_BYTES = 2 * 1024**3


class SourceRefused(Exception):  # noqa: N818  # reads as the event that it is
    """A source that cannot be fetched or must not be unpacked; the text says why."""


Clone: TypeAlias = "Callable[[str, str, Path], None]"
"""Puts a commit of a connected repository, by its resource name and hash, into a folder."""


def not_connected(name: str, revision: str, folder: Path) -> None:
    """Refuse to clone where no repository is connected; raises SourceRefused."""
    del revision, folder
    _refuse(f"{name} is not connected to Cloud Build")


def fetch_source(build: Proto, store: ObjectStore, workspace: Path, clone: Clone) -> None:
    """Fill the workspace; a build without a source starts with an empty one.

    Raises SourceRefused.
    """
    kind = build.source.WhichOneof("source")
    if kind is None:
        return
    if kind == "connected_repository":
        wanted = build.source.connected_repository
        clone(wanted.repository, wanted.revision, workspace)
        return
    if kind != "storage_source":
        _refuse(f"source of kind {kind} is not served by the local cloud")
    wanted = build.source.storage_source
    try:
        stored = store.get(wanted.bucket, wanted.object_)
        if wanted.generation not in {0, stored.generation}:
            _refuse(
                f"generation {wanted.generation} of gs://{wanted.bucket}/{wanted.object_} is gone"
            )
        with store.open(stored) as file:
            unpack(file, workspace)
    except StorageRefusal as refusal:
        _refuse(f"could not read gs://{wanted.bucket}/{wanted.object_}: {refusal}")


def unpack(file: IO[bytes], workspace: Path) -> None:
    """Unpack a tarball of files, folders and links within it; raises SourceRefused."""
    try:
        with tarfile.open(fileobj=file, mode="r|*") as archive:
            _unpack_all(archive, workspace)
    except (tarfile.TarError, EOFError, OSError) as error:
        _refuse(f"the source cannot be unpacked: {error}")


def _unpack_all(archive: tarfile.TarFile, workspace: Path) -> None:
    size = 0
    for count, member in enumerate(archive, start=1):
        size += member.size
        if count > _MOST_MEMBERS or size > _MOST_BYTES:
            _refuse("the source is too large: at most 100000 files and 2 GiB")
        _unpack_one(archive, member, _place(workspace, member.name))


def _unpack_one(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
    elif member.isreg():
        _write(archive, member, place)
    elif member.issym():
        _link(member, place)
    else:
        _refuse(f"{member.name!r} is neither file, folder nor symbolic link")


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    if content is None:
        _refuse(f"{member.name!r} has no content")
    with content, place.open("wb") as file:
        shutil.copyfileobj(content, file)
    place.chmod(0o755 if member.mode & 0o100 else 0o644)


def _link(member: tarfile.TarInfo, place: Path) -> None:
    """Make a link that stays within the workspace by its words alone."""
    depth = len(PurePosixPath(member.name).parts) - 1
    for part in PurePosixPath(member.linkname).parts:
        depth += -1 if part == ".." else 1
        if part == "/" or depth < 0:
            _refuse(f"link {member.name!r} leads out of the source")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(member.linkname)


def _place(workspace: Path, name: str) -> Path:
    """Return where a member goes; never outside, and never through or onto a link."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        _refuse(f"{name!r} lies outside the source")
    place = workspace
    for part in path.parts:
        place /= part
        if place.is_symlink():
            _refuse(f"{name!r} goes through a link")
    return place


def _refuse(message: str) -> NoReturn:
    raise SourceRefused(message)
