"""What GitHub publishes of its APIs, fetched once: `python -m localcloud.github.published`.

Each is one file out of an npm package (MIT) of GitHub's Octokit team.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"


@dataclass(frozen=True)
class Published:
    """A member of a package, and the file that keeps it in the cache."""

    package: str
    member: str
    file: str

    def cached(self, cache: Path = CACHE) -> Path:
        """Name where it is kept, whether it is there or not."""
        return cache / self.file

    def fetched(self, cache: Path = CACHE) -> Path:
        """Fetch it into the cache unless it is there, and name its file.

        Raises subprocess.CalledProcessError when npm fails, FileNotFoundError without npm.
        """
        kept = self.cached(cache)
        if kept.exists():
            return kept
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            fetched = self._extract(self._pack(Path(folder)), Path(folder) / self.file)
            os.replace(fetched, kept)  # noqa: PTH105  # atomic, also over a concurrent fetch
        return kept

    def _pack(self, folder: Path) -> Path:
        command = ["npm", "pack", self.package, "--silent", "--pack-destination", str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)  # noqa: S603  # constant words
        return next(folder.glob("*.tgz"))

    def _extract(self, package: Path, target: Path) -> Path:
        with tarfile.open(package) as archive:
            member = archive.extractfile(self.member)
            if member is None:
                message = f"{self.member} is no file of {self.package}"
                raise FileNotFoundError(message)
            target.write_bytes(member.read())
        return target


OPENAPI = Published(
    "@octokit/openapi@23.0.2",
    "package/generated/api.github.com.json",
    "github-openapi-23.0.2.json",
)
GRAPHQL = Published(
    "@octokit/graphql-schema@15.26.1", "package/schema.graphql", "github-15.26.1.graphql"
)


if __name__ == "__main__":
    for each in (OPENAPI, GRAPHQL):
        sys.stdout.write(f"{each.fetched()}\n")
