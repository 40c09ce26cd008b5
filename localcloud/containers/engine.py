"""The container engine: one that DOCKER_HOST names, else podman, started by us in a folder of ours.

Podman of our own touches nothing of this machine: images, containers and caches are below the
folder, its mounts are in a namespace of their own, and it ends when we do.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import docker
from docker.errors import DockerException

from localcloud.containers import keeper
from localcloud.containers.bonded import Bonded

if TYPE_CHECKING:
    from docker import APIClient

API = "1.41"
"""The newest version that podman 4 speaks; https://docs.docker.com/reference/api/engine/"""
READY_SECONDS = 20.0
STORE = "storage"
STAND_INS = Path(__file__).resolve().parents[2] / ".cache" / "stand-ins"
"""Base images made on this machine, for where no hub is within reach: see `standins.py`."""
STANDS_IN = "local.spillway.stand-in"
"""Their label, and that of every image which is built on one."""
_DOCKERS = "Engine"
_SYSTEM_SOCKET = Path("/var/run/docker.sock")
_STORAGE = """\
[storage]
driver = "overlay"
graphroot = "{folder}/{store}"
runroot = "{folder}/run"
[storage.options]
additionalimagestores = [{shared}]
"""
_CONTAINERS = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
log_driver = "k8s-file"
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "{folder}/tmp"
image_copy_tmp_dir = "{folder}"
[network]
network_config_dir = "{folder}/net"
"""
_REGISTRIES = """\
unqualified-search-registries = ["docker.io"]
[[registry]]
location = "127.0.0.1:{registry}"
insecure = true
"""


class EngineMissing(Exception):  # noqa: N818  # reads as the state that it is
    """There is no container engine; the text says what would give one."""


class Engine:
    """A running engine; `api` is docker's client, safe from any thread."""

    def __init__(self, folder: Path, registry: int, shared: Path | None = None) -> None:
        """Take images of the store `shared` too; the local registry listens on port `registry`."""
        self._folder = folder.absolute()
        self._registry = registry
        self._shared = shared
        self._keeper: Bonded | None = None
        self.address = ""
        self.api: APIClient = None

    @property
    def ours(self) -> bool:
        """Whether we started it, and nobody else uses it."""
        return self._keeper is not None

    @property
    def cgroup(self) -> str:
        """The cgroup that containers go into, empty where somebody else's engine decides."""
        return keeper.cgroup_of(self._folder) if self.ours else ""

    def start(self) -> None:
        """Find or start the engine; raises EngineMissing."""
        self.address = os.environ.get("DOCKER_HOST") or self._own() or _system()
        if not self.address:
            reason = (
                "containers need an engine: install podman and runc and start this as root, or let "
                "DOCKER_HOST name a docker or podman socket"
            )
            raise EngineMissing(reason)
        self.api = docker.APIClient(self.address, version=API, timeout=60)
        self._await()

    def stop(self) -> None:
        """End our own engine with everything in it; somebody else's goes on."""
        if self.api is not None:
            self.api.close()
        if self._keeper is not None:
            self._keeper.end()

    def version(self) -> str:
        """Return the engine's name and version."""
        told = self.api.version()
        name = told["Components"][0]["Name"]
        return f"{'Docker ' if name == _DOCKERS else ''}{name} {told['Version']}"

    def _own(self) -> str:
        """Start podman in our folder if that is possible here; return its address."""
        if os.geteuid() or not all(map(shutil.which, ("podman", "runc", "unshare"))):
            return ""
        configure(self._folder, self._registry, self._shared)
        command = ["unshare", "--mount", "--propagation", "private"]
        command += [sys.executable, "-I", "-S", keeper.__file__, str(self._folder)]
        self._keeper = Bonded(command, self._folder / "engine.log")
        return f"unix://{self._folder / keeper.SOCKET}"

    def _await(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.api.ping()
            except (DockerException, OSError) as trouble:
                if time.monotonic() > deadline or self._ended():
                    reason = f"the container engine does not answer: {trouble}{self._last_words()}"
                    raise EngineMissing(reason) from trouble
                time.sleep(0.05)
            else:
                return

    def _ended(self) -> bool:
        return self._keeper is not None and self._keeper.ended

    def _last_words(self) -> str:
        return f"\n{self._keeper.last_words()}" if self._keeper else ""


def configure(folder: Path, registry: int, shared: Path | None) -> None:
    """Write podman's configuration for this folder; `shared` is a store that is only read."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = dict(zip(keeper.CONFIGURATION, (_STORAGE, _CONTAINERS, _REGISTRIES), strict=True))
    stores = f'"{shared}"' if shared else ""
    for name, text in texts.items():
        filled = text.format(folder=folder, store=STORE, shared=stores, registry=registry)
        (folder / f"{name}.conf").write_text(filled, encoding="utf-8")


def _system() -> str:
    return f"unix://{_SYSTEM_SOCKET}" if _SYSTEM_SOCKET.exists() else ""
