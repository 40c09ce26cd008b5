"""The pages say what is so: printed parts are fresh, and what they name is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs import states

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
FILE = re.compile(
    r"`((?:bot|localcloud|services|tests|benchmarks|docs|\.ci)/[\w./-]+?|[\w-]+\.yaml|Makefile)`"
)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
TARGET = re.compile(r"`make ([a-z0-9-]+)")


def test_the_printed_phases_are_the_ones_in_the_table() -> None:
    page = states.PAGE.read_text(encoding="utf-8")

    assert states.refreshed(page) == page, "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = FILE.findall(page.read_text(encoding="utf-8"))

    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]

    assert not [link for link in local if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    named = set(TARGET.findall(page.read_text(encoding="utf-8")))
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert named <= set(targets)


def test_make_alone_lists_the_targets() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607  # the make on the path is meant

    targets = set(re.findall(r"^\S+", listed.stdout, re.MULTILINE))
    assert {"demo", "local", "test", "lint", "venv"} <= targets
