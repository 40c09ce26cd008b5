"""A rollout that is over, asked about on the command line; and one to come, foreseen there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.stories import services

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.cloud import Cloud
    from localcloud.visit import Visitors
    from tests.stories.console import Console
    from tests.stories.people import Repository

COUNTED = re.compile(r"canary .*$", re.MULTILINE)
"""What a line of a replay says beside what it makes of it, which depends on alpha."""


def bot(cloud: Cloud, *words: str) -> str:
    """Run `python -m bot` with the consumer's environment."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run(  # noqa: S603  # our own module, the story's own arguments
        [sys.executable, "-m", "bot", *words],
        env=own | cloud.bot_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_rollback_is_explained_replayed_and_what_comes_is_foreseen(
    live: Callable[..., Repository],
    visitors: Callable[..., Visitors],
    cloud: Cloud,
    console: Console,
    tmp_path: Path,
) -> None:
    made = live()
    visitors(made)
    serving = console.serving(f"{made.prefix}-web")
    pull = made.pull_request({"web/app.py": services.failing()})
    pull.comment("/deploy prod")
    check = made.concluded(pull.sha, "prod")
    found = re.search(r"Deployment `([0-9a-f]+)`", check["output"]["summary"])
    assert found is not None

    told = bot(cloud, "explain", found[1])
    assert check["output"]["title"] == "Rolled back", told
    assert f"{made.prefix}-web: alpha 0.01, steps 20 % for" in told
    again = bot(cloud, "replay", found[1])
    assert again
    assert again == bot(cloud, "replay", found[1])
    assert again in told
    assert " broken " in again or " worse " in again or " brewing " in again

    calm = tmp_path / "deploy.yaml"
    calm.write_text(services.manifest(made.prefix, "web").replace("watch: 0s", "alpha: 0.0001"))
    calmer = bot(cloud, "replay", found[1], "--config", str(calm))
    assert COUNTED.findall(calmer)[0] == COUNTED.findall(again)[0]

    ahead = bot(cloud, "forecast", "prod", "--repository", made.full_name)
    assert f"{made.prefix}-web: " in ahead
    assert f"as {serving} has had them" in ahead
    assert "   20 %: " in ahead
    assert "No min_instances: first requests may meet cold starts." in ahead
    planned = pull.answer(pull.comment("/plan prod"))
    assert "Forecast from last week's traffic:" in planned
    assert "   20 %: " in planned
    assert planned.count("`cloud_run: {min_instances: 1}` has an instance ready before.") == 1
