"""Tarballs as GitHub makes them, and as it never would."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = "acme-senior-mhealth-0123abc"
SHA = "0123abc" + "0" * 33
LONG = "/".join(["a-folder-with-a-long-name"] * 12) + "/파일.txt"


def member(name: str, content: bytes = b"", **header: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), 0o664, 1_700_000_000
    for field, value in header.items():
        setattr(info, field, value)
    return info, content


def folder(name: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.DIRTYPE, mode=0o775)


def symlink(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.SYMTYPE, linkname=target, mode=0o777)


def hard_link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.LNKTYPE, linkname=target)


ORDINARY = (
    folder(f"{TOP}/"),
    member(f"{TOP}/README.md", "오늘\n".encode()),
    folder(f"{TOP}/services/api/"),
    member(f"{TOP}/services/api/run.sh", b"#!/bin/sh\n", mode=0o775, uid=1000, uname="root"),
    member(f"{TOP}/services/api/empty"),
    member(f"{TOP}/{LONG}", b"deep"),
    symlink(f"{TOP}/services/api/LICENSE", "../../README.md"),
)


def tar(*members: tuple[tarfile.TarInfo, bytes], sha: str = SHA) -> bytes:
    """Return a tar with the commit id in its global header, as `git archive` writes it."""
    file, headers = io.BytesIO(), {"comment": sha}
    with tarfile.open(
        fileobj=file, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as out:
        for info, content in members:
            out.addfile(info, io.BytesIO(content))
    return file.getvalue()


def tarball(*members: tuple[tarfile.TarInfo, bytes], sha: str = SHA) -> bytes:
    return gzip.compress(tar(*members, sha=sha), mtime=0)


def pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
