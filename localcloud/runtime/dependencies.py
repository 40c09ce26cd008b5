"""The dependency layer, shared by all revisions.

It is prepared once per machine for each lock file and interpreter.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import posixpath
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.runtime.dockerfile import family_of
from localcloud.runtime.interface import BuildFailed
from localcloud.runtime.tools import find_python, find_tool, run_tool, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcloud.runtime.interface import BuildOptions
    from localcloud.runtime.recipe import Install

_NESTED = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[ =]\s*(\S+)", re.MULTILINE)
_LOCAL = re.compile(
    r"^\s*(?:-e\b|--editable|\.{0,2}/|\.\s*$|file:|[\w.-]+\s*@\s*file:).*", re.MULTILINE
)
_MANIFESTS = "package.json", "package-lock.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a process needs: folders for PATH, variables, and links to lay into its file tree."""

    path: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    links: dict[str, Path] = field(default_factory=dict)

    def link_into(self, tree: Path) -> None:
        """Lay the links; what the image brought under that name gives way."""
        for name, target in self.links.items():
            place = tree / name
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            place.unlink(missing_ok=True)
            place.symlink_to(target)


class Dependencies:
    """The prepared folders below one root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def prepare(
        self, base: str, installs: Iterable[Install], tree: Path, options: BuildOptions
    ) -> Prepared:
        """Install what is missing for this base and these files of `tree`. Raises BuildFailed."""
        family, wanted = family_of(base), list(installs)
        tool = {"python": "pip", "node": "npm"}[family]
        if strange := next((one.tool for one in wanted if one.tool != tool), ""):
            reason = f"{strange} does not come with the base image {base}"
            raise BuildFailed(reason)
        if family == "python":
            return self._python(base, wanted, tree, options)
        return self._node(wanted, tree, options)

    def _python(
        self, base: str, installs: list[Install], tree: Path, options: BuildOptions
    ) -> Prepared:
        version = re.search(r"python:(\d+\.\d+)", base)
        python = find_python(version[1] if version else "")
        asked = [_within(tree, one.folder, name) for one in installs for name in one.files]
        flags = ["--require-hashes"] if any(one.hashed for one in installs) else []
        words = ["python", version_of(python), platform.machine(), *flags]

        def fill(place: Path) -> None:
            options.log(f"{base} is {version_of(python)} here; preparing its dependencies")
            uv = find_tool("uv")
            run_tool([uv, "venv", "--quiet", "--python", python, str(place)], tree, options)
            if asked:
                install = [uv, "pip", "install", "--compile-bytecode", *flags]
                target = ["--python", str(place / "bin" / "python")]
                files = [word for file in asked for word in ("-r", str(file))]
                run_tool([*install, *target, *files], asked[0].parent, options)

        place = self._once(f"python-{_key(words, _with_nested(asked, tree))}", fill)
        return Prepared((str(place / "bin"),), {"VIRTUAL_ENV": str(place)})

    def _node(self, installs: list[Install], tree: Path, options: BuildOptions) -> Prepared:
        node = Path(find_tool("node"))
        links = {
            f"{one.folder.strip('/')}/node_modules".lstrip("/"): self._modules(one, tree, options)
            for one in installs
        }
        return Prepared((str(node.parent),), links=links)

    def _modules(self, one: Install, tree: Path, options: BuildOptions) -> Path:
        """Prepare one `node_modules`; with a lock file nothing but what it pins is installed."""
        folder, version = tree / one.folder.strip("/"), version_of(find_tool("node"))
        files = [folder / name for name in _MANIFESTS if (folder / name).is_file()]
        if not (folder / _MANIFESTS[0]).is_file():
            reason = f"npm finds no {_MANIFESTS[0]} in {one.folder}: COPY it before RUN"
            raise BuildFailed(reason)
        words = ["ci" if len(files) == len(_MANIFESTS) else "install", "--no-audit", "--no-fund"]
        words += ["--omit=dev"] * one.production + ["--ignore-scripts"] * (not one.scripts)

        def fill(place: Path) -> None:
            options.log(f"node is {version} here; preparing its dependencies")
            (place / "node_modules").mkdir(parents=True)
            for file in files:
                shutil.copy(file, place)
            run_tool([find_tool("npm"), *words], place, options)

        return self._once(f"node-{_key([version, *words], files)}", fill) / "node_modules"

    def _once(self, name: str, fill: Callable[[Path], None]) -> Path:
        """Give the folder of this name, filled by one user while others wait."""
        place, done = self._root / name, self._root / f"{name}.done"
        with (self._root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists() or not place.is_dir():
                shutil.rmtree(place, ignore_errors=True)
                fill(place)
                done.touch()
        return place


def _within(tree: Path, folder: str, name: str) -> Path:
    file = tree / posixpath.join(folder, name).lstrip("/")
    if not file.resolve().is_relative_to(tree.resolve()) or not file.is_file():
        reason = f"pip finds no {name} in {folder}: COPY it before RUN"
        raise BuildFailed(reason)
    return file


def _with_nested(files: list[Path], tree: Path) -> list[Path]:
    """Gather the files and all that they pull in. Raises BuildFailed for local packages."""
    found: dict[Path, None] = {}
    waiting = list(files)
    while waiting:
        file = waiting.pop(0)
        if file in found:
            continue
        found[file] = None
        text = file.read_text(errors="replace")
        if local := _LOCAL.search(text):
            reason = f"{file.name}: `{local.group().strip()}` is no package of an index"
            raise BuildFailed(reason)
        folder = "/" + file.parent.relative_to(tree).as_posix()
        waiting += [_within(tree, folder, name) for name in _NESTED.findall(text)]
    return list(found)


def _key(words: list[str], files: list[Path]) -> str:
    sha = hashlib.sha256("\n".join(words).encode())
    for file in files:
        sha.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return sha.hexdigest()[:20]
