"""Where images live: an OCI image layout, content-addressed, written atomically.

https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from localcloud.runtime.layers import Layer, pack

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_NAME = "org.opencontainers.image.ref.name"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Layout:
    """One layout folder; `repository:tag` and `repository@digest` are kept in its index."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._blobs = root / "blobs" / "sha256"
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._writing = Lock()
        _write(root / "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def put_json(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Store a document in canonical form; gives its descriptor without media type."""
        data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        _write(self._path(digest), data)
        return {"digest": digest, "size": len(data)}

    def put_layer(self, tree: Path) -> Layer:
        """Store a file tree as a layer."""
        with tempfile.NamedTemporaryFile(dir=self._blobs, delete=False) as file:
            layer = pack(tree, file.file)
        Path(file.name).replace(self._path(layer.digest))
        return layer

    def get_json(self, digest: str) -> dict[str, Any]:
        """Read a stored document. Raises FileNotFoundError."""
        document: dict[str, Any] = json.loads(self._path(digest).read_bytes())
        return document

    def open(self, digest: str) -> IO[bytes]:
        """Open a stored layer. Raises FileNotFoundError."""
        return self._path(digest).open("rb")

    def name(self, repository: str, tag: str, digest: str) -> None:
        """Let `repository:tag` name this manifest. Raises FileNotFoundError without it."""
        size = self._path(digest).stat().st_size
        wanted = {f"{repository}:{tag}", f"{repository}@{digest}"}
        with self._writing:
            entries = self._entries()
            kept = [entry for entry in entries if entry["annotations"][_NAME] not in wanted]
            named = [
                {
                    "mediaType": MANIFEST,
                    "digest": digest,
                    "size": size,
                    "annotations": {_NAME: name},
                }
                for name in sorted(wanted)
            ]
            index = {"schemaVersion": 2, "manifests": [*kept, *named]}
            _write(self._root / "index.json", json.dumps(index).encode())

    def find(self, reference: str) -> str | None:
        """Give the digest that `repository:tag` or `repository@digest` names."""
        digests = {entry["annotations"][_NAME]: entry["digest"] for entry in self._entries()}
        found: str | None = digests.get(reference)
        return found

    def _entries(self) -> list[dict[str, Any]]:
        index = self._root / "index.json"
        entries: list[dict[str, Any]] = (
            json.loads(index.read_bytes())["manifests"] if index.exists() else []
        )
        return entries

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise FileNotFoundError(digest)
        return self._blobs / digest.removeprefix("sha256:")


def _write(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    os.replace(file.name, path)  # noqa: PTH105  # the atomic rename is the point
