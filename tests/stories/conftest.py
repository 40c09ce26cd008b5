"""One local cloud for all stories, with the real bot; every story has a repository of its own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from localcloud.cloud import Cloud, Options
from localcloud.visit import Visitors
from tests.stories import services
from tests.stories.budget import Ledger
from tests.stories.canaries import leaked
from tests.stories.console import Console
from tests.stories.people import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PERMISSIONS = {"owner": "admin", "writer": "write", "reader": "read", "outsider": "none"}
NUMBERS = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let every story be told once more with a Pub/Sub in disorder."""
    said = "deliver every message of Pub/Sub twice and shuffled, by this seed"
    parser.addoption("--disorder", type=int, metavar="SEED", help=said)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Cloud]:
    """GitHub, Google and the bot; quick metrics, nothing seeded."""
    disorder = pytestconfig.getoption("--disorder", None)
    quick = Options(
        metric_window=0.5, metric_lag=0.5, tick=0.5, sweep=3, seed=False, disorder=disorder
    )
    local = Cloud(tmp_path_factory.mktemp("cloud"), quick)
    local.start()
    yield local
    local.stop()
    assert leaked(local) == []
    assert local.github.judge.violations == []


@pytest.fixture(scope="session")
def ledger(cloud: Cloud) -> Iterator[Ledger]:
    """Who has cost how much at GitHub."""
    kept = Ledger(cloud)
    yield kept
    kept.close()


@pytest.fixture(autouse=True)
def within_budget(ledger: Ledger) -> Iterator[None]:
    """Hold every story to the budget of what people did in it."""
    yield
    over = [f"{name}: {bill}" for name, bill in ledger.settle().items() if bill.rest < 0]
    assert not over, "\n".join(over)


@pytest.fixture(scope="session")
def repository(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Repository]:
    """Make a repository with these services, pushed to main; staging is then on its way."""

    def make(
        *names: str, prod: str = "", files: dict[str, str] | None = None, owner: str = "acme"
    ) -> Repository:
        number = next(NUMBERS)
        full_name, prefix = f"{owner}/story-{number}", f"s{number}"
        cloud.github.add_repository(full_name)
        for login, permission in PERMISSIONS.items():
            cloud.github.grant(full_name, login, permission)
        cloud.github.install("spillway", full_name)
        made = Repository(cloud, full_name, tmp_path_factory.mktemp(prefix), prefix)
        made.git("init", "--quiet", "--initial-branch=main")
        content = services.repository(prefix, *(names or ("web",)), prod=prod)
        made.commit(content | (files or {}), "Begin")
        made.push()
        return made

    return make


@pytest.fixture(scope="session")
def live(repository: Callable[..., Repository]) -> Callable[..., Repository]:
    """Make a repository whose main already serves in staging and in prod."""

    def make(
        *names: str, prod: str = "", files: dict[str, str] | None = None, owner: str = "acme"
    ) -> Repository:
        made = repository(*names, prod=prod, files=files, owner=owner)
        sha = made.git("rev-parse", "HEAD")
        assert made.concluded(sha, "staging")["conclusion"] == "success"
        pull = made.pull_request({"notes.md": "prod, for the first time\n"}, "first")
        pull.comment("/deploy prod")
        assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
        return made

    return make


@pytest.fixture(scope="session")
def console(cloud: Cloud) -> Console:
    """Google Cloud as the project's owner sees it."""
    return Console(cloud)


@pytest.fixture
def visitors(cloud: Cloud) -> Iterator[Callable[..., Visitors]]:
    """Send visitors to a service of an environment; they leave when the story ends."""
    crowds: list[Visitors] = []

    def send(repository: Repository, service: str = "web", rps: float = 60) -> Visitors:
        url = cloud.service_url("prod", f"{repository.prefix}-{service}")
        crowd = Visitors([f"{url}/"], rps)
        crowd.start()
        crowds.append(crowd)
        return crowd

    yield send
    for crowd in crowds:
        crowd.stop()
