"""One container of a revision, as a process: what to start, where, with which environment."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.runtime.supervised import Supervised
from localcloud.runtime.tools import SEARCH_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localcloud.runtime.dependencies import Prepared
    from localcloud.runtime.images import Image
    from localcloud.runtime.interface import RevisionSpec


_READABLE = 0o444


@dataclass(frozen=True, slots=True)
class Container:
    """A command ready to start; its tree stands for the image's `/`."""

    command: tuple[str, ...]
    folder: Path
    env: dict[str, str]

    def start(self, port: int) -> Supervised:
        """Start it under a supervisor; the image's PATH finds the command."""
        name, *rest = self.command
        found = shutil.which(name, path=self.env["PATH"]) or name
        return Supervised([found, *rest], self.folder, {**self.env, "PORT": str(port)})

    def ending(self, code: int) -> str:
        """Say it in Cloud Run's words."""
        return f"Container called exit({code})."


def lay_in(tree: Path, files: Mapping[str, str]) -> None:
    """Write files, by their absolute paths, into the unpacked image."""
    for path, text in files.items():
        file = tree / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(_READABLE)


def container_of(image: Image, prepared: Prepared, spec: RevisionSpec, tree: Path) -> Container:
    """Put image, dependencies and revision together; `tree` is the unpacked image."""
    folder = tree / str(image.config.get("WorkingDir", "/")).lstrip("/")
    command = tuple(_within(word, tree) for word in _command(image, spec))
    return Container(command, folder, _environment(image, prepared, spec, tree))


def _command(image: Image, spec: RevisionSpec) -> tuple[str, ...]:
    """Kubernetes' rule: `command` replaces ENTRYPOINT and CMD, `args` replaces CMD.

    https://cloud.google.com/run/docs/configuring/services/containers
    """
    if spec.command:
        return (*spec.command, *spec.args)
    cmd = spec.args or tuple(image.config.get("Cmd", ()))
    return (*image.config.get("Entrypoint", ()), *cmd)


def _environment(
    image: Image, prepared: Prepared, spec: RevisionSpec, tree: Path
) -> dict[str, str]:
    """Nothing of our own environment but PATH; HOST asks for loopback, which no container needs."""
    given = dict(pair.split("=", 1) for pair in image.config.get("Env", ()))
    given.pop("PATH", None)
    names = spec.service.rpartition("/")[2], spec.revision.rpartition("/")[2]
    return {
        "PATH": os.pathsep.join([*prepared.path, SEARCH_PATH]),
        "HOME": str(tree),
        "LANG": "C.UTF-8",
        "HOST": "127.0.0.1",
        "K_SERVICE": names[0],
        "K_CONFIGURATION": names[0],
        "K_REVISION": names[1],
        **prepared.variables,
        **{name: _paths_within(value, tree) for name, value in given.items()},
        **{name: _laid_in(value, spec, tree) for name, value in spec.env.items()},
    }


def _laid_in(value: str, spec: RevisionSpec, tree: Path) -> str:
    """Take a variable that names one of the revision's files, or its folder, as what lies here."""
    named = {*spec.files, *(path.rpartition("/")[0] for path in spec.files)} - {""}
    return _within(value, tree) if value in named else value


def _within(word: str, tree: Path) -> str:
    """Take an absolute path that the image holds as one inside the image."""
    inside = tree / word.lstrip("/")
    return str(inside) if word.startswith("/") and word != "/" and inside.exists() else word


def _paths_within(value: str, tree: Path) -> str:
    return ":".join(_within(part, tree) for part in value.split(":"))
