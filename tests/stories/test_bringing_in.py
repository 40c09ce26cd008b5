"""The sample repository, as `python -m localcloud up` brings it in and deploys it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from localcloud import seed

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.cloud import Cloud


def test_a_sample_that_cannot_be_built_is_told_and_not_waited_for(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(seed.PROJECT / "services", project / "services", ignore=seed.NOT_COPIED)
    for name in ("cloudbuild.yaml", "deploy.yaml"):
        shutil.copy(seed.PROJECT / name, project)
    for dockerfile in project.glob("services/*/Dockerfile"):
        dockerfile.write_text("FROM python:3.12-slim\nADD / .\n", encoding="utf-8")
    monkeypatch.setattr(seed, "PROJECT", project)
    monkeypatch.setattr(seed, "DEPLOY_SECONDS", float("inf"))
    planted = seed.Seed(tmp_path, cloud.github.url, cloud.tokens, lambda _line: None)
    with pytest.raises(RuntimeError, match=r"(?s)deploy / staging did not succeed.*ADD"):
        planted.plant()
