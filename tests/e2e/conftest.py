"""One local cloud for strangers to visit, and what they bring along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localcloud.cloud import Cloud, Options
from tests.e2e.sources import Sources
from tests.e2e.strangers import PLACE, Node, node_modules
from tests.stories.people import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """GitHub, Google and the bot; quick metrics, nothing seeded."""
    quick = Options(metric_window=0.5, metric_lag=0.5, tick=0.5, seed=False)
    local = Cloud(tmp_path_factory.mktemp("cloud"), quick)
    local.start()
    yield local
    local.stop()
    assert local.github.judge.violations == []


@pytest.fixture(scope="session")
def place(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with one commit on main, in which our bot is not installed."""
    cloud.github.add_repository(PLACE)
    cloud.github.grant(PLACE, "owner", "admin")
    cloud.github.grant(PLACE, "reader", "read")
    made = Repository(cloud, PLACE, tmp_path_factory.mktemp("place"), "place")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit({"README.md": "# A place\n"}, "Begin")
    made.push()
    return made


@pytest.fixture(scope="session")
def sources(cloud: Cloud) -> Iterator[Sources]:
    """Tarballs in a bucket: one builds at once, the other waits for ever."""
    with Sources.uploaded(cloud.google.url) as uploaded:
        yield uploaded


@pytest.fixture(scope="session")
def node(cloud: Cloud) -> Node:
    """Node, with the packages of tests/e2e/node installed from npm by their lock file."""
    return Node(cloud, node_modules())
