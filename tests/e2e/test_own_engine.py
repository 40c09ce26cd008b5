"""Podman of the local cloud's own, and one of somebody else's: who lives how long; and the demo."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from localcloud.containers.engine import STAND_INS, STORE, Engine
from localcloud.containers.files import archive_of
from localcloud.containers.runtime import ContainerRuntime
from tests.e2e import containers
from tests.e2e.containers import SERVICE, Heard, left_behind, options, served, spec
from tests.stories.people import eventually

if TYPE_CHECKING:
    from pathlib import Path

OWNER = """\
import sys
from pathlib import Path
from localcloud.containers.files import archive_of
from localcloud.containers.runtime import ContainerRuntime
from tests.e2e.containers import Heard, spec
runtime = ContainerRuntime(Path(sys.argv[1]), lambda *_: True, Path(sys.argv[2]))
runtime.start(Heard())
context = Path(sys.argv[3])
from tests.e2e.containers import options
digest = runtime.images.build(context, context / "Dockerfile", options())
runtime.revisions.start(spec("web-1", digest))
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def _bases() -> None:
    containers.stand_ins()


@pytest.fixture
def context(tmp_path: Path) -> Path:
    return served(tmp_path)


def test_nothing_outlives_an_owner_that_is_killed(context: Path, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", OWNER, str(folder), str(STAND_INS / STORE), str(context)]
    owner = subprocess.Popen(  # noqa: S603  # our own interpreter
        command, cwd=containers.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    assert any("conmon" in line for line in left_behind(folder))

    owner.send_signal(signal.SIGKILL)
    owner.communicate()

    eventually(lambda: left_behind(folder), lambda left: left == [], "an empty machine")


def test_somebody_elses_engine_is_used_and_goes_on(
    tmp_path: Path, context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = ContainerRuntime(tmp_path / "mine", lambda *_: True)
    theirs = Engine(tmp_path / "theirs" / "engine", mine.registry_port, STAND_INS / STORE)
    theirs.start()
    monkeypatch.setenv("DOCKER_HOST", theirs.address)
    heard, wanted = Heard(), "web-1"
    try:
        mine.start(heard)
        nameless = theirs.api.import_image_from_data(archive_of({"/one": "theirs"}))
        digest = mine.images.build(context, context / "Dockerfile", options())
        mine.revisions.start(spec(wanted, digest))
        port = mine.revisions.port(spec(wanted, digest).revision)
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=20).text == "hello from web-1"
        assert len(theirs.api.containers()) == 1
        mine.stop()
        assert theirs.api.inspect_image(json.loads(nameless)["status"])
        assert theirs.api.containers(all=True) == []
    finally:
        theirs.stop()
    assert left_behind(tmp_path / "theirs") == []


def test_the_demo_plays_on_containers(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    command = [sys.executable, "-m", "localcloud.demo", "--no-color", "--runtime=containers"]
    told = subprocess.run(  # noqa: S603  # our own interpreter
        [*command, f"--state={state}"],
        cwd=containers.ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-4000:] + told.stderr[-2000:]
    assert left_behind(state / "runtime") == []
    assert SERVICE not in told.stdout
