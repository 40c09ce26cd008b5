"""The gcloud command line works Cloud Build of the local cloud, told nothing but where it is."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from localcloud.bot_environment import PROJECT, REGION
from tests.e2e.strangers import run
from tests.stories.people import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.cloud import Cloud
    from tests.e2e.sources import Sources

CONFIG = """\
steps:
  - {name: gcr.io/cloud-builders/docker, args: [version]}
options: {logging: CLOUD_LOGGING_ONLY}
tags: [by-gcloud]
"""
pytestmark = pytest.mark.skipif(
    not shutil.which("gcloud"),
    reason="gcloud is not installed: https://cloud.google.com/sdk/docs/install",
)


@dataclass(frozen=True)
class Gcloud:
    """gcloud with a configuration folder of its own."""

    folder: Path
    google: str

    def builds(self, *words: str) -> Any:  # noqa: ANN401  # whatever gcloud prints as JSON
        """Run `gcloud builds …` and return what it prints."""
        command = ["gcloud", "builds", *words, "--format=json"]
        return json.loads(run(command, self._env(), self.folder))

    def _env(self) -> dict[str, str]:
        return {
            "CLOUDSDK_CONFIG": str(self.folder),
            "CLOUDSDK_CORE_PROJECT": PROJECT,
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
            "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBUILD": f"{self.google}/",
        }


@pytest.fixture
def gcloud(tmp_path: Path, cloud: Cloud) -> Gcloud:
    (tmp_path / "cloudbuild.yaml").write_text(CONFIG, encoding="utf-8")
    return Gcloud(tmp_path, cloud.google.url)


@pytest.mark.parametrize("region", ["global", REGION])
def test_a_submitted_build_is_awaited_described_and_listed(gcloud: Gcloud, region: str) -> None:
    config = ["--no-source", "--config=cloudbuild.yaml", "--suppress-logs"]
    build = gcloud.builds("submit", *config, f"--region={region}")
    assert build["status"] == "SUCCESS"

    described = gcloud.builds("describe", build["id"], f"--region={region}")
    assert described["steps"][0]["status"] == "SUCCESS"
    assert described["finishTime"]

    listed = gcloud.builds("list", f"--region={region}", "--filter=tags=by-gcloud")
    assert build["id"] in {one["id"] for one in listed}


@pytest.mark.parametrize("region", ["global", REGION])
def test_a_running_build_is_cancelled(
    gcloud: Gcloud, cloud: Cloud, sources: Sources, region: str
) -> None:
    builds = f"{cloud.google.url}/v1/projects/{PROJECT}/locations/{region}/builds"
    wanted = {
        "source": {"storageSource": {"bucket": sources.bucket, "object": sources.patient}},
        "steps": [{"name": "docker", "args": ["build", "--tag=x:y", "."]}],
    }
    build = requests.post(builds, json=wanted, timeout=20).json()["metadata"]["build"]["id"]
    eventually(
        lambda: gcloud.builds("list", "--ongoing", f"--region={region}"),
        lambda seen: [one["id"] for one in seen if one["status"] == "WORKING"] == [build],
        "the build among the ongoing ones",
    )

    gcloud.builds("cancel", build, f"--region={region}")

    assert gcloud.builds("describe", build, f"--region={region}")["status"] == "CANCELLED"
