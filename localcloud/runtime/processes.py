"""Revisions as processes: each gets the image's file tree and the dependencies it installed."""

from __future__ import annotations

import hashlib
import shutil
import time
from typing import TYPE_CHECKING

from localcloud.runtime.container import Container, container_of, lay_in
from localcloud.runtime.interface import BuildFailed, BuildOptions, StartFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.runtime.dependencies import Dependencies
    from localcloud.runtime.images import LocalImages
    from localcloud.runtime.interface import RevisionSpec


class ProcessWorkshop:
    """Lays images out below `root`, one folder per revision while it runs."""

    def __init__(self, root: Path, images: LocalImages, dependencies: Dependencies) -> None:
        self._root = root
        self._images = images
        self._dependencies = dependencies
        shutil.rmtree(root, ignore_errors=True)

    def prepare(self, spec: RevisionSpec, log: Callable[[str], None]) -> Container:
        """Return what starts this revision; raises StartFailed."""
        tree = self._tree(spec.revision)
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        deadline = time.monotonic() + spec.startup_timeout
        options = BuildOptions({}, {}, log, deadline)
        try:
            image = self._images.lay_out(spec.digest, tree)
            prepared = self._dependencies.prepare(image.base, image.installs, tree, options)
        except FileNotFoundError:
            reason = f"Image '{spec.digest}' not found."
            raise StartFailed(reason, "CONTAINER_MISSING") from None
        except BuildFailed as trouble:
            raise StartFailed(str(trouble)) from trouble
        prepared.link_into(tree)
        lay_in(tree, spec.files)
        return container_of(image, prepared, spec, tree)

    def discard(self, revision: str) -> None:
        """Remove the revision's folder."""
        shutil.rmtree(self._tree(revision), ignore_errors=True)

    def _tree(self, revision: str) -> Path:
        name = revision.rpartition("/")[2][:40]
        return self._root / f"{name}-{hashlib.sha256(revision.encode()).hexdigest()[:12]}"
