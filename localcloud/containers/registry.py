"""A real registry, Distribution's, on a loopback port: where built images are pushed and found.

https://distribution.github.io/distribution/spec/api/
"""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import requests

from localcloud.containers.bonded import Bonded
from localcloud.containers.engine import EngineMissing
from localcloud.runtime import supervisor
from localcloud.runtime.ports import release, reserve

if TYPE_CHECKING:
    from pathlib import Path

BUILT = "built"
"""The repository that every image is pushed to before it gets a name of its own."""
READY_SECONDS = 10.0
_DEADLINE = 20
_PROGRAM = "docker-registry"
_CONFIGURATION = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
_DOCKER, _OCI = "application/vnd.docker.distribution.manifest", "application/vnd.oci.image"
_KINDS = f"{_DOCKER}.v2+json, {_OCI}.manifest.v1+json, {_DOCKER}.list.v2+json, {_OCI}.index.v1+json"


class Registry:
    """The registry's process, and the questions asked of it; images live below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self.port = reserve()
        self.host = f"127.0.0.1:{self.port}"
        self._process: Bonded | None = None

    def start(self) -> None:
        """Serve; raises EngineMissing when that is not possible here."""
        program = shutil.which(_PROGRAM)
        if program is None:
            reason = f"containers need {_PROGRAM}: Debian has it in the package of that name"
            raise EngineMissing(reason)
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "config.yml"
        text = _CONFIGURATION.format(root=self._folder / "images", port=self.port)
        file.write_text(text, encoding="utf-8")
        command = [sys.executable, "-I", "-S", supervisor.__file__, program, "serve", str(file)]
        self._process = Bonded(command, self._folder / "registry.log")
        self._await()

    def stop(self) -> None:
        """Serve no more; what was pushed stays."""
        if self._process is not None:
            self._process.end()
        release(self.port)

    def digest(self, repository: str, reference: str) -> str | None:
        """Return the digest of a tag or digest in a repository, None when it is not there."""
        answer = self._call("HEAD", f"{repository}/manifests/{reference}")
        return answer.headers["Docker-Content-Digest"] if answer.ok else None

    def copy(self, digest: str, repository: str, tag: str) -> None:
        """Let `repository:tag` name an image that was built here, or is in that repository.

        Raises FileNotFoundError for an unknown digest.
        """
        source = repository if self.digest(repository, digest) else BUILT
        found = self._call("GET", f"{source}/manifests/{digest}")
        if not found.ok:
            raise FileNotFoundError(digest)
        for blob in _blobs(found.json()):
            self._call("POST", f"{repository}/blobs/uploads/?mount={blob}&from={source}")
        kind = {"Content-Type": found.headers["Content-Type"]}
        put = self._call("PUT", f"{repository}/manifests/{tag}", found.content, kind)
        put.raise_for_status()

    def _call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> requests.Response:
        given = headers or {"Accept": _KINDS}
        address = f"http://{self.host}/v2/{path}"
        return requests.request(method, address, data=body, headers=given, timeout=_DEADLINE)

    def _await(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self._call("GET", "").raise_for_status()
            except requests.RequestException as trouble:
                if time.monotonic() > deadline or (self._process and self._process.ended):
                    said = self._process.last_words() if self._process else ""
                    reason = f"the registry does not answer: {trouble}\n{said}"
                    raise EngineMissing(reason) from trouble
                time.sleep(0.02)
            else:
                return


def _blobs(manifest: dict[str, Any]) -> list[str]:
    parts = [manifest["config"], *manifest["layers"]]
    return [str(part["digest"]) for part in parts]
