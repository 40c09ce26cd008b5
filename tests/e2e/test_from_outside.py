"""`python -m localcloud up`, driven from outside: octokit ships, gcloud sees the build."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from localcloud.bot_environment import PROJECT, REGION
from tests.e2e.containers import ROOT
from tests.e2e.strangers import node_modules, run

if TYPE_CHECKING:
    from pathlib import Path

FILE = "services/api-service/src/app.js"
BEFORE, AFTER = "MAX_USER_ID = 128", "MAX_USER_ID = 256"


def test_octokit_ships_a_pull_request(tmp_path: Path) -> None:
    node_modules()
    command = [sys.executable, "-m", "localcloud", "up", "--state", str(tmp_path / "state")]
    with (tmp_path / "log").open("wb") as log:
        up = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)  # noqa: S603  # ours
    try:
        assert up.stdout is not None
        told = json.loads(up.stdout.readline())
        where = {
            "GITHUB_URL": told["github"],
            "REPOSITORY": told["repository"],
            "TOKEN": told["tokens"]["writer"],
            "READER_TOKEN": told["tokens"]["reader"],
            "PROJECT": PROJECT,
            "REGION": REGION,
        }
        edit = {"FILE": FILE, "BEFORE": BEFORE, "AFTER": AFTER}
        said = run(["node", "--test", "--test-reporter=spec", "deploy.test.mjs"], where | edit)
        assert "pass 1" in said, said
    finally:
        up.terminate()
        up.communicate()
    assert up.returncode == 0


def test_without_an_engine_it_is_said_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "localcloud", "up", "--runtime=containers"]
    told = subprocess.run(  # noqa: S603  # ours
        [*command, f"--state={tmp_path / 'state'}"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 1
    assert "Error: containers need docker-registry" in told.stderr
    assert "Traceback" not in told.stderr
