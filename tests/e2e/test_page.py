"""The page on playing with the local cloud, typed as it stands, with git and curl."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Phase
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "local-cloud.md"
BLOCKS = re.compile(r"```sh\n(.*?)```", re.DOTALL)
TYPED = 5
"""Blocks that need git, curl and the bot only; the last is gcloud's."""


@contextmanager
def local(folder: Path) -> Iterator[dict[str, Any]]:
    """What `make local` starts, in a folder that looks like the project's."""
    (folder / ".venv").symlink_to(sys.prefix)
    command = [sys.executable, "-m", "localcloud", "up", "--quiet", "--state", ".state"]
    with subprocess.Popen(  # noqa: S603  # our own module, our own arguments
        command, cwd=folder, env=_environment(), stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        yield json.loads(started.stdout.readline())
        started.terminate()
        assert started.wait(30) == 0


def interrupt_a_start(folder: Path) -> None:
    """Press Ctrl-C while the sample is being built for the first time."""
    command = [sys.executable, "-m", "localcloud", "up", "--quiet", "--state", ".state"]
    with subprocess.Popen(  # noqa: S603  # our own module, our own arguments
        command, cwd=folder, env=_environment(), stderr=subprocess.PIPE, text=True
    ) as started:
        assert started.stderr is not None
        while "deploying staging" not in started.stderr.readline():
            assert started.poll() is None
        store = SqliteStore(folder / ".state" / "bot" / "store.sqlite", make=False)
        building = Phase.BUILDING
        eventually(lambda: store.recent(1), lambda one: one and one[0].phase is building, "a build")
        started.send_signal(signal.SIGINT)
        assert started.wait(60) == 0


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_what_the_page_says_can_be_typed(tmp_path: Path) -> None:
    typed = "".join(BLOCKS.findall(PAGE.read_text(encoding="utf-8"))[:TYPED])
    with local(tmp_path) as told:
        command = ["bash", "-euo", "pipefail", "-c", typed]
        subprocess.run(command, cwd=tmp_path, env=_environment(), check=True, timeout=120)  # noqa: S603  # the page is ours
        assert concluded(told, "main", "deploy / staging") == "success"
        assert concluded(told, "longer-names", "deploy / prod") == "success"


def test_a_start_that_was_interrupted_is_gone_on_with(tmp_path: Path) -> None:
    interrupt_a_start(tmp_path)
    with local(tmp_path) as told:
        assert concluded(told, "main", "deploy / prod") == "success"


def concluded(told: dict[str, Any], ref: str, name: str) -> str:
    """Wait for a check run's conclusion."""
    url = f"{told['github']}/repos/{told['repository']}/commits/{ref}/check-runs"
    headers = {"Authorization": f"Bearer {told['tokens']['reader']}"}

    def look() -> str:
        runs = requests.get(url, headers=headers, timeout=10).json()["check_runs"]
        return next((run["conclusion"] or "" for run in runs if run["name"] == name), "")

    return eventually(look, bool, f"{name} on {ref}", 120)
