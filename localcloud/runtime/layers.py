"""File trees as layers: the same tree gives the same bytes on every run, so the same digest."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EXECUTABLE = 0o111


@dataclass(frozen=True, slots=True)
class Layer:
    """A packed tree: `digest` of the gzip bytes, `diff_id` of the tar inside."""

    digest: str
    diff_id: str
    size: int


class _Hashing:
    """A file that knows the SHA-256 of what was written to it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._sha = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._sha.update(data)
        self.size += len(data)
        return self._target.write(data)

    def flush(self) -> None:
        self._target.flush()

    @property
    def digest(self) -> str:
        return f"sha256:{self._sha.hexdigest()}"


def pack(root: Path, file: IO[bytes]) -> Layer:
    """Write the tree below `root` as tar+gzip: sorted, without owners, times and umask."""
    packed = _Hashing(file)
    with gzip.GzipFile("", "wb", 6, cast("IO[bytes]", packed), mtime=0) as squeezed:
        plain = _Hashing(cast("IO[bytes]", squeezed))
        with tarfile.open(
            fileobj=cast("IO[bytes]", plain), mode="w|", format=tarfile.PAX_FORMAT
        ) as tar:
            for path in _tree(root):
                _add(tar, path, path.relative_to(root).as_posix())
    return Layer(packed.digest, plain.digest, packed.size)


def _tree(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _tree(path)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tar.gettarinfo(path, name)
    entry.type = tarfile.REGTYPE if entry.islnk() else entry.type
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & _EXECUTABLE else 0o644
    if not entry.isreg():
        tar.addfile(entry)
        return
    entry.size = path.stat().st_size
    with path.open("rb") as content:
        tar.addfile(entry, content)


def unpack(file: IO[bytes], folder: Path) -> None:
    """Write a packed tree into `folder`; entries that lead outside are refused by tarfile."""
    with tarfile.open(fileobj=file, mode="r|gz") as tar:
        tar.extractall(folder, filter="data")
