from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from localcloud.github.judge import Description, Judge
from localcloud.github.published import OPENAPI
from localcloud.github.server import GitHub
from tests.localcloud.github.world import Clone, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def description() -> Description:
    return Description(OPENAPI.fetched())


@pytest.fixture(scope="session")
def app_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state with nothing but the App, since its key takes long to make."""
    root = tmp_path_factory.mktemp("app") / "state"
    github = GitHub(root)
    github.add_app("spillway", webhook_url="http://127.0.0.1:9", webhook_secret="")
    github.stop()
    return root


@pytest.fixture
def world(tmp_path: Path, app_made: Path, description: Description) -> Iterator[World]:
    shutil.copytree(app_made, tmp_path / "state")
    made = World(tmp_path, Judge(description))
    yield made
    made.stop()
    assert [str(violation) for violation in made.judge.violations] == []


@pytest.fixture
def hidden(tmp_path: Path, app_made: Path, description: Description) -> Iterator[World]:
    shutil.copytree(app_made, tmp_path / "state")
    made = World(tmp_path, Judge(description), private=True)
    yield made
    made.stop()
    assert [str(violation) for violation in made.judge.violations] == []


@pytest.fixture
def clone(world: World, tmp_path: Path) -> Clone:
    made = Clone(world, tmp_path / "clone")
    made.push("Start", README="hello\n", src__app="one\n")
    return made


@pytest.fixture
def pull(world: World, clone: Clone) -> int:
    clone("checkout", "--quiet", "-b", "topic")
    clone.push("Say more", "topic", README="hello\nworld\n")
    body = {"title": "Say more", "head": "topic", "base": "main", "body": "Please."}
    return int(world.rest("POST", world.repo("/pulls"), "writer", json=body).json()["number"])
