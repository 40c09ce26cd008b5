from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from tests.webhook.door import Door

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE = Path(__file__).parents[2] / ".cache" / "npm"
EXAMPLES = "@octokit/webhooks-examples@7.6.1"
TARBALL = CACHE / "octokit-webhooks-examples-7.6.1.tgz"


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def log_lines() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


@pytest.fixture(scope="session")
def examples() -> list[tuple[str, dict[str, Any]]]:
    """Every payload of GitHub's own examples, with its event."""
    if not TARBALL.exists():
        _pack()
    with tarfile.open(TARBALL) as tarball:
        member = tarball.extractfile("package/api.github.com/index.json")
        assert member is not None
        index = json.load(member)
    return [(entry["name"], payload) for entry in index for payload in entry["examples"]]


def _pack() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing, which fetches GitHub's example payloads")
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", EXAMPLES, "--pack-destination", str(CACHE), "--silent"]
    subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL)  # noqa: S603  # fixed words
