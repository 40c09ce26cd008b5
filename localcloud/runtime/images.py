"""Builds Dockerfiles into the local image layout, and lays built images out for a process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from localcloud.runtime import dockerfile as dockerfiles
from localcloud.runtime.interface import BuildFailed
from localcloud.runtime.layers import Layer, unpack
from localcloud.runtime.layout import CONFIG, LAYER, MANIFEST, Layout
from localcloud.runtime.recipe import Copy, Install, MakeFolder, Recipe, Step
from localcloud.runtime.stage import Stage
from localcloud.runtime.tools import still_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.runtime.dependencies import Dependencies
    from localcloud.runtime.interface import BuildOptions

_BASE = "org.opencontainers.image.base.name"
_INSTALLS = "local.spillway.installs"
_MOST_DOCKERFILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Image:
    """A built image as a process needs it; `config` is the OCI image's own."""

    base: str
    installs: tuple[Install, ...]
    config: dict[str, Any]


class LocalImages:
    """The `Images` of this laptop."""

    def __init__(self, layout: Layout, dependencies: Dependencies) -> None:
        self._layout = layout
        self._dependencies = dependencies

    def build(self, context: Path, dockerfile: Path, options: BuildOptions) -> str:
        """Return the manifest digest `sha256:…`. Raises BuildFailed."""
        recipe = dockerfiles.read(_text(dockerfile), options.args)
        options.log(f"FROM {recipe.base}")
        for note in recipe.notes:
            options.log(note)
        with TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            tree.mkdir()
            stage = Stage(context, tree)
            for step in recipe.steps:
                still_wanted(options)
                options.log(_told(step))
                self._take(step, stage)
            installs = _installs(recipe)
            self._dependencies.prepare(recipe.base, installs, tree, options)
            layer = self._layout.put_layer(tree)
        return self._store(recipe, layer, options.labels)

    def tag(self, repository: str, tag: str, digest: str) -> None:
        """Let `repository:tag` name this digest. Raises FileNotFoundError for an unknown digest."""
        self._layout.name(repository, tag, digest)

    def resolve(self, reference: str) -> str | None:
        """Return the digest of `repository:tag` or `repository@sha256:…`; None when absent."""
        return self._layout.find(reference)

    def version(self) -> str:
        """Say plainly that this is no container engine."""
        return "The local cloud's own builder, without containers"

    def lay_out(self, digest: str, tree: Path) -> Image:
        """Unpack the image below `tree`. Raises FileNotFoundError for an unknown digest."""
        manifest = self._layout.get_json(digest)
        config = self._layout.get_json(manifest["config"]["digest"])
        for layer in manifest["layers"]:
            with self._layout.open(layer["digest"]) as file:
                unpack(file, tree)
        notes = manifest["annotations"]
        installs = tuple(
            Install(**{**one, "files": tuple(one["files"])}) for one in json.loads(notes[_INSTALLS])
        )
        return Image(notes[_BASE], installs, config["config"])

    def _take(self, step: Step, stage: Stage) -> None:
        match step:
            case Copy():
                stage.copy(step)
            case MakeFolder():
                stage.folder(step.path)
            case Install():
                stage.folder(step.folder)

    def _store(self, recipe: Recipe, layer: Layer, labels: Mapping[str, str]) -> str:
        config = self._layout.put_json(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": _oci_config(recipe, labels),
                "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
            }
        )
        installs = json.dumps([asdict(one) for one in _installs(recipe)], sort_keys=True)
        manifest = self._layout.put_json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, **config},
                "layers": [{"mediaType": LAYER, "digest": layer.digest, "size": layer.size}],
                "annotations": {_BASE: recipe.base, _INSTALLS: installs},
            }
        )
        return str(manifest["digest"])


def _text(dockerfile: Path) -> str:
    try:
        data = dockerfile.read_bytes()
        if len(data) > _MOST_DOCKERFILE_BYTES:
            reason = f"{dockerfile.name} is larger than {_MOST_DOCKERFILE_BYTES} bytes"
            raise BuildFailed(reason)
        return data.decode()
    except FileNotFoundError:
        reason = f"there is no {dockerfile.name} in the build context"
        raise BuildFailed(reason) from None
    except (OSError, UnicodeDecodeError) as trouble:
        reason = f"{dockerfile.name} cannot be read: {trouble}"
        raise BuildFailed(reason) from trouble


def _installs(recipe: Recipe) -> tuple[Install, ...]:
    return tuple(step for step in recipe.steps if isinstance(step, Install))


def _told(step: Step) -> str:
    match step:
        case Copy(sources=sources, target=target):
            return f"COPY {' '.join(sources)} {target}"
        case MakeFolder(path=path):
            return f"folder {path}"
        case Install(tool=tool, folder=folder, files=files):
            return f"RUN {tool} install {' '.join(files)} in {folder}"


def _oci_config(recipe: Recipe, labels: Mapping[str, str]) -> dict[str, Any]:
    given = recipe.config
    config: dict[str, Any] = {
        "Env": [f"{name}={value}" for name, value in given.env.items()],
        "WorkingDir": given.working_dir,
        "Labels": {**given.labels, **labels},
        "ExposedPorts": {port: {} for port in given.ports},
        "Entrypoint": list(given.entrypoint),
        "Cmd": list(given.cmd),
        "User": given.user,
        "StopSignal": given.stop_signal,
    }
    return {name: value for name, value in config.items() if value}
