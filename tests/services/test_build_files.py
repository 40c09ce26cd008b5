"""What the services are built from: lock files that pin, base images, cloudbuild.yaml."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path


def test_npms_lock_file_names_no_registry(root: Path) -> None:
    lock = json.loads((root / "services/api-service/package-lock.json").read_text())
    packages = [one for name, one in lock["packages"].items() if name]
    assert packages
    assert all("resolved" not in one for one in packages)
    assert all(one["integrity"].startswith("sha512-") for one in packages)


def test_every_python_requirement_is_pinned_and_hashed(root: Path) -> None:
    text = (root / "services/ai-service/requirements.txt").read_text()
    pinned = re.findall(r"^\S+==\S+ .*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert pinned
    assert all("--hash=sha256:" in one for one in pinned)
    assert "index-url" not in text


@pytest.mark.parametrize(
    ("service", "base"), [("ai-service", "python:3.12-slim"), ("api-service", "node:22-slim")]
)
def test_the_base_image_is_a_supported_version(root: Path, service: str, base: str) -> None:
    lines = (root / "services" / service / "Dockerfile").read_text().splitlines()
    assert lines[0] == f"FROM {base}"


def test_cloud_build_tags_with_the_commit_and_names_the_image(root: Path) -> None:
    text = (root / "cloudbuild.yaml").read_text()
    build = yaml.safe_load(text)
    assert build["images"] == ["$_IMAGE:$_SHA"]
    (step,) = build["steps"]
    assert {"--tag=$_IMAGE:$_SHA", "--label=org.opencontainers.image.revision=$_SHA"} <= set(
        step["args"]
    )
    assert build["options"] == {
        "logging": "CLOUD_LOGGING_ONLY",
        "substitutionOption": "ALLOW_LOOSE",
    }
    assert "latest" not in text
