"""A consumer that cannot read its store says so, and does not start."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from bot.settings import REQUIRED

if TYPE_CHECKING:
    from pathlib import Path


def test_a_store_of_another_version_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 2")
    key = "-----BEGIN RSA PRIVATE KEY-----\\n-----END RSA PRIVATE KEY-----"
    told = {"SPILLWAY_GITHUB_APP_ID": "7", "SPILLWAY_GITHUB_APP_KEY": key}
    told |= {"SPILLWAY_STORE": str(path)}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "consumer", "--host=127.0.0.1", "--port=0"],
        env={**os.environ, **dict.fromkeys(REQUIRED.values(), "x"), **told},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert f"does not start on {path}: the store has version 2; this" in done.stderr
    assert "Next: start the version of Spillway that wrote it" in done.stderr
