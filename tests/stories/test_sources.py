"""Where builds get their source from: GitHub's archive, or a clone where that lacks something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories import services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.stories.console import Console
    from tests.stories.people import Repository

BUILDS_IN = "us-west1"
CONNECTED = (
    f"projects/senior-mhealth-lee/locations/{BUILDS_IN}/connections/github/repositories/{{}}"
)


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """One service, already in staging."""
    return repository(prod="{steps: [100]}").in_staging()


def test_what_the_archive_lacks_is_refused_with_the_remedy(
    made: Repository, console: Console
) -> None:
    builds = console.builds(f"{made.prefix}-web")
    attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\nweb/words.txt export-ignore\n"
    files = {".gitattributes": attributes, "web/model.bin": "pointer\n", "web/words.txt": "hello\n"}
    made.git("checkout", "--quiet", "-B", "lacking-too", "main")
    made.commit(files, "What archives lack")
    submodule = f"160000,{made.git('rev-parse', 'main')},web/vendored"
    made.git("update-index", "--add", "--cacheinfo", submodule)
    made.git("commit", "--quiet", "--message", "A submodule")
    pull = made.pull_request_from("lacking-too")
    told = pull.refusal(pull.comment("/deploy prod"))
    assert f"The source of `{pull.sha[:7]}` cannot be used" in told
    assert "`web/vendored` is a submodule, which GitHub's archive leaves out" in told
    assert "`web/model.bin` is kept in Git LFS" in told
    assert "`web/words.txt` is marked export-ignore" in told
    assert "connected_repository in deploy.yaml" in told
    assert console.builds(f"{made.prefix}-web") == builds


@pytest.fixture
def connected(made: Repository) -> Iterator[str]:
    """Have main connect the repository to Cloud Build, for a while."""
    before = made.git("rev-parse", "main")
    name = CONNECTED.format(made.full_name.replace("/", "-"))
    manifest = (made.work / "deploy.yaml").read_text(encoding="utf-8")
    keys = f"build_region: {BUILDS_IN}\nconnected_repository: {name}\n"
    made.commit({"deploy.yaml": keys + manifest}, "Connect it")
    made.push()
    yield name
    made.git("reset", "--quiet", "--hard", before)
    made.push()


def test_a_connected_repository_is_cloned_whole_where_it_may_be_built(
    made: Repository, connected: str, console: Console
) -> None:
    files = {
        ".gitattributes": "web/app.py export-ignore\n",
        "web/app.py": services.good("cloned"),
    }
    pull = made.pull_request(files, "cloned")
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert pull.sha[:7] in console.serving(f"{made.prefix}-web")
    assert console.sources(f"{made.prefix}-web", BUILDS_IN)[0] == (connected, pull.sha)
