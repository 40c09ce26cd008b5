"""A Dockerfile once it is understood: steps to take, and the image's configuration."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy `sources` of the build context to the absolute `target`, a folder when `into_folder`."""

    line: int
    sources: tuple[str, ...]
    target: str
    into_folder: bool


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make the absolute folder `path` and its parents."""

    path: str


@dataclass(frozen=True, slots=True)
class Install:
    """Install what `tool` (pip or npm) finds in `folder`: requirement files, or npm's manifest.

    `production` leaves npm's development dependencies out; `hashed` asks pip for hashes.
    """

    tool: str
    folder: str
    files: tuple[str, ...] = ()
    hashed: bool = False
    production: bool = False
    scripts: bool = True


Step = Copy | MakeFolder | Install


@dataclass(slots=True)
class ImageConfig:
    """The `config` object of an OCI image, as far as a Dockerfile here can set it.

    https://github.com/opencontainers/image-spec/blob/main/config.md
    """

    env: dict[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    cmd: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    user: str = ""
    stop_signal: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All of one Dockerfile; `notes` are lines for the build's log."""

    base: str
    steps: tuple[Step, ...]
    config: ImageConfig
    notes: tuple[str, ...]
