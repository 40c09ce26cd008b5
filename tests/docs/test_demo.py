"""The demo's commits fit the services as they are; what its people wait for has an end."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localcloud.demo.changes import CHARACTERS, LONGER_IDS, TURNS, TWO_PERSONS, UPTIME
from localcloud.demo.checkout import Checkout
from localcloud.demo.person import Person
from localcloud.demo.waiting import Missed, wait_until

if TYPE_CHECKING:
    from localcloud.demo.checkout import Change

APP = "services/api-service/src/app.js"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    origin = tmp_path / "origin"
    (origin / APP).parent.mkdir(parents=True)
    for name in (APP, "deploy.yaml"):
        (origin / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    identity = ["-c", "user.name=owner", "-c", "user.email=owner@users.noreply.github.com"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", *identity, *words], cwd=origin, check=True)  # noqa: S603, S607  # our own words
    person = Person(login="writer", token="token", api="")
    return Checkout(tmp_path / "clone", str(origin), person)


@pytest.mark.parametrize(
    "change",
    [UPTIME, CHARACTERS, TURNS, TWO_PERSONS, LONGER_IDS],
    ids=lambda change: change.message,
)
def test_a_commit_of_the_demo_applies(checkout: Checkout, change: Change) -> None:
    checkout.main()

    sha = checkout.commit(change)

    assert len(sha) == 40
    paths = {edit.path for edit in change.edits}
    assert all(checkout.read(path) != (ROOT / path).read_text("utf-8") for path in paths)


def test_what_does_not_come_is_named_with_what_was_seen_last() -> None:
    with pytest.raises(Missed, match=r"waited 0 s for a good answer. Last seen: a bad one"):
        wait_until("a good answer", lambda: "a bad one", lambda seen: "good" in seen, 0)
