"""git, as it is installed here, clones, fetches and pushes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.e2e.strangers import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stories.people import Repository

NOBODYS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    **{f"GIT_{role}_NAME": "writer" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "writer@example.com" for role in ("AUTHOR", "COMMITTER")},
}


def git(folder: Path, *words: str) -> str:
    return run(["git", *words], NOBODYS, folder).strip()


@pytest.mark.parametrize("protocol", ["0", "1", "2"])
def test_what_one_pushes_another_clones_and_fetches(
    place: Repository, tmp_path: Path, protocol: str
) -> None:
    version = ("-c", f"protocol.version={protocol}")
    remote, branch = place.remote("owner"), f"over-{protocol}"
    git(tmp_path, *version, "clone", "--quiet", remote, "mine")
    git(tmp_path, *version, "clone", "--quiet", "--depth=1", remote, "theirs")
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    git(mine, "checkout", "--quiet", "-b", branch)
    (mine / "page.md").write_text(f"{protocol}\n", encoding="utf-8")
    git(mine, "add", ".")
    git(mine, "commit", "--quiet", "--message", "Add a page")
    git(mine, "tag", f"v0.{protocol}.0")

    git(mine, *version, "push", "--quiet", "--follow-tags", "origin", branch, f"v0.{protocol}.0")
    git(theirs, *version, "fetch", "--quiet", "origin", branch, "--tags")

    pushed = git(mine, "rev-parse", "HEAD")
    assert git(theirs, "rev-parse", "FETCH_HEAD") == pushed
    assert git(theirs, "rev-parse", f"v0.{protocol}.0") == pushed
    git(mine, *version, "push", "--quiet", "origin", "--delete", branch)
    assert branch not in git(theirs, *version, "ls-remote", "--heads", "origin")


def test_a_reader_clones_and_may_not_push(place: Repository, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", place.remote("reader"), "theirs")
    theirs = tmp_path / "theirs"
    git(theirs, "commit", "--quiet", "--allow-empty", "--message", "Try")
    with pytest.raises(AssertionError, match=r"403|denied"):
        git(theirs, "push", "--quiet", "origin", "HEAD:tried")
