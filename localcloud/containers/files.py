"""Files that a container gets beside its image, such as secrets, as the engine takes them."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_READABLE = 0o444


def archive_of(files: Mapping[str, str]) -> bytes:
    """Return a tarball of these files, absolute path → text.

    It ends with its end: an engine reads no further, and takes the padding that follows in others
    for a broken pipe (now and then, with podman 4.3).
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, text in files.items():
            member, content = tarfile.TarInfo(path.lstrip("/")), text.encode()
            member.size, member.mode = len(content), _READABLE
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()[: archive.offset]
