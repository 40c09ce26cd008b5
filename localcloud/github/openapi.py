"""GitHub's own OpenAPI description, fetched once: `python -m localcloud.github.openapi`.

One file out of the npm package `@octokit/openapi` (MIT), which GitHub's Octokit team publishes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@octokit/openapi@23.0.2"
MEMBER = "package/generated/api.github.com.json"
CACHE = Path(__file__).parents[2] / ".cache"
_FILE = "github-openapi-23.0.2.json"


def cached(cache: Path = CACHE) -> Path:
    """Name where the description is kept, whether it is there or not."""
    return cache / _FILE


def description(cache: Path = CACHE) -> Path:
    """Fetch the description into the cache unless it is there, and name its file.

    Raises subprocess.CalledProcessError when npm fails, FileNotFoundError without npm.
    """
    kept = cached(cache)
    if kept.exists():
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        fetched = _extract(_pack(Path(folder)), Path(folder) / _FILE)
        os.replace(fetched, kept)  # noqa: PTH105  # atomic, also over a concurrent fetch
    return kept


def _pack(folder: Path) -> Path:
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)  # noqa: S603  # constant words
    return next(folder.glob("*.tgz"))


def _extract(package: Path, target: Path) -> Path:
    with tarfile.open(package) as archive:
        member = archive.extractfile(MEMBER)
        if member is None:
            message = f"{MEMBER} is no file of {PACKAGE}"
            raise FileNotFoundError(message)
        target.write_bytes(member.read())
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{description()}\n")
