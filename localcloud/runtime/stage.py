"""The file tree of an image while it is built."""

from __future__ import annotations

import posixpath
import shutil
from glob import glob
from typing import TYPE_CHECKING

from localcloud.runtime.ignore import Ignored
from localcloud.runtime.interface import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.runtime.recipe import Copy


class Stage:
    """A folder that stands for the image's `/`.

    Nothing is read outside `context`, nothing is written outside `root`.
    """

    def __init__(self, context: Path, root: Path) -> None:
        self._context = context.resolve()
        self._root = root.resolve()
        self._ignored = Ignored.of(context)

    def folder(self, path: str) -> Path:
        """Give the folder that stands for the image's `path`, made with its parents."""
        inside = self._inside(path)
        inside.mkdir(parents=True, exist_ok=True)
        return inside

    def copy(self, step: Copy) -> None:
        """Take a COPY. Raises BuildFailed when a source is missing, ignored, or leads outside."""
        found = [path for source in step.sources for path in self._sources(step, source)]
        for source in found:
            if source.is_dir() and not source.is_symlink():
                self._copy_tree(source, step.target)
            elif step.into_folder or len(found) > 1 or self._inside(step.target).is_dir():
                self._copy_file(source, posixpath.join(step.target, source.name))
            else:
                self._copy_file(source, step.target)

    def _sources(self, step: Copy, source: str) -> list[Path]:
        pattern = posixpath.normpath(source).lstrip("/") or "."
        if pattern.startswith(".."):
            reason = f"Dockerfile line {step.line}: COPY {source}: outside the build context"
            raise BuildFailed(reason)
        found = [
            self._context / name
            for name in sorted(glob(pattern, root_dir=self._context, include_hidden=True))  # noqa: PTH207  # pathlib refuses `.`
            if self._taken(self._context / name)
        ]
        if not found:
            reason = "no such file in the build context, or .dockerignore leaves it out"
            reason = f"Dockerfile line {step.line}: COPY {source}: {reason}"
            raise BuildFailed(reason)
        return found

    def _taken(self, path: Path) -> bool:
        """Tell whether the context holds this file or, of a folder, anything at all."""
        if path == self._context:
            return True
        if not path.parent.resolve().is_relative_to(self._context):
            reason = f"COPY {path.name}: a link leads outside the build context"
            raise BuildFailed(reason)
        if path.is_dir() and not path.is_symlink():
            return any(self._files(path)) or not self._ignores(path)
        return not self._ignores(path)

    def _ignores(self, path: Path) -> bool:
        return self._ignored.covers(path.relative_to(self._context).as_posix())

    def _files(self, folder: Path) -> Iterator[Path]:
        """Every file and link below that is not ignored; links are not followed."""
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                yield from self._files(path)
            elif not self._ignores(path):
                yield path

    def _copy_tree(self, source: Path, target: str) -> None:
        self.folder(target)
        for path in self._files(source):
            self._copy_file(path, posixpath.join(target, path.relative_to(source).as_posix()))

    def _copy_file(self, source: Path, target: str) -> None:
        inside = self._inside(target)
        inside.parent.mkdir(parents=True, exist_ok=True)
        if inside.is_symlink() or inside.is_file():
            inside.unlink()
        if source.is_symlink():
            inside.symlink_to(self._link(source, target))
        elif source.is_file():
            shutil.copy(source, inside)
        else:
            reason = f"COPY {source.name}: neither a file, a folder nor a link"
            raise BuildFailed(reason)

    def _link(self, source: Path, target: str) -> str:
        aim = source.readlink().as_posix()
        reached = posixpath.normpath(posixpath.join(posixpath.dirname(target.lstrip("/")), aim))
        if aim.startswith("/") or reached.startswith(".."):
            reason = f"COPY {source.name}: a link leads outside the image"
            raise BuildFailed(reason)
        return aim

    def _inside(self, path: str) -> Path:
        inside = self._root / path.lstrip("/")
        if not inside.parent.resolve().is_relative_to(self._root):
            reason = f"{path}: a link leads outside the image"
            raise BuildFailed(reason)
        return inside
