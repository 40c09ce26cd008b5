"""Google's Pub/Sub emulator in the place of ours: the client's contract, and a whole deployment."""

from __future__ import annotations

import sys
from collections import ChainMap
from typing import TYPE_CHECKING

import pytest

from localcloud.bot_process import BotProcess
from localcloud.cloud import Cloud, Options
from localcloud.topics import TOPICS
from tests.e2e.containers import ROOT
from tests.e2e.emulator import Courier, emulator, jar
from tests.e2e.strangers import run
from tests.stories import services
from tests.stories.people import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROGRAM = jar()
pytestmark = pytest.mark.skipif(
    PROGRAM is None,
    reason="Google's Pub/Sub emulator needs Java and the Google Cloud CLI with the component "
    "pubsub-emulator: https://cloud.google.com/pubsub/docs/emulator",
)


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    assert PROGRAM is not None
    with emulator(PROGRAM) as address:
        yield address


@pytest.fixture(scope="module")
def on_emulator(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud whose bot publishes to the emulator."""

    def bot(role: str, port: int, environment: Mapping[str, str], log: Path | None) -> BotProcess:
        return BotProcess(role, port, ChainMap({"PUBSUB_EMULATOR_HOST": broker}, environment), log)

    quick = Options(metric_window=0.5, metric_lag=0.5, tick=0.5, seed=False)
    cloud = Cloud(tmp_path_factory.mktemp("emulated"), quick, bot)
    cloud.start()
    yield cloud
    cloud.stop()


def test_the_publisher_keeps_its_contract(broker: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "tests/clients/pubsub"]
    told = run(command, {"PUBSUB_EMULATOR_HOST": broker}, ROOT)
    assert "passed" in told
    assert "skipped" not in told


def test_a_deployment_goes_through_the_emulator(
    broker: str, on_emulator: Cloud, tmp_path: Path
) -> None:
    courier = Courier(on_emulator, broker)
    try:
        courier.take_over()
        on_emulator.github.add_repository("acme/emulated")
        for login, level in {"owner": "admin", "writer": "write"}.items():
            on_emulator.github.grant("acme/emulated", login, level)  # type: ignore[arg-type]
        on_emulator.github.install("spillway", "acme/emulated")
        repository = Repository(on_emulator, "acme/emulated", tmp_path, "emulated")
        repository.git("init", "--quiet", "--initial-branch=main")
        sha = repository.commit(services.repository("emulated", "web"), "Begin")
        repository.push()
        assert repository.concluded(sha, "staging", 120)["conclusion"] == "success"
        pull = repository.pull_request({"notes.md": "prod\n"})
        command = pull.comment("/deploy prod")
        assert repository.concluded(pull.sha, "prod", 120)["conclusion"] == "success"
        pull.reacted(command, "rocket")
    finally:
        courier.close()
    assert set(courier.carried) == set(TOPICS)
