"""Programs that others wrote: how they are installed, and how they are told where to go."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.bot_environment import PROJECT, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.cloud import Cloud

PLACE = "strangers/place"
NODE = Path(__file__).parent / "node"
LIMIT = 240
"""Seconds that any stranger may take."""


def run(command: list[str], env: Mapping[str, str], folder: Path = NODE) -> str:
    """Run a stranger's program; returns its output, fails with that and what it complained of."""
    done = subprocess.run(  # noqa: S603  # the programs that this test suite is about
        command,
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def node_modules() -> Path:
    """Install the packages exactly as locked unless they stand already; none of their scripts."""
    installed, lock = NODE / "node_modules" / ".package-lock.json", NODE / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], {})
        installed.touch()
    return installed.parent


@dataclass(frozen=True)
class Node:
    """Runs a file of `node:test` tests against the cloud."""

    cloud: Cloud
    modules: Path

    def test(self, name: str, **env: str) -> None:
        """Let every test of the file pass."""
        told = run(["node", "--test", "--test-reporter=spec", name], self._where() | env)
        assert "fail 0" in told, told
        assert "pass 0" not in told, told

    def _where(self) -> dict[str, str]:
        return {
            "GITHUB_URL": self.cloud.github.url,
            "GOOGLE_URL": self.cloud.google.url,
            "GOOGLE_GRPC": self.cloud.google.grpc_target,
            "PROJECT": PROJECT,
            "REGION": REGION,
            "METADATA_SERVER_DETECTION": "none",
        }
