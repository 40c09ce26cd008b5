"""Images: what goes in, how they are named, and how a build fails."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from localcloud.runtime.interface import BuildFailed, BuildOptions

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import World

HEAD = "FROM python:3.12-slim\nWORKDIR /app\n"
TAIL = 'CMD ["python", "main.py"]\n'
FILES = {"Dockerfile": f"{HEAD}COPY . .\n{TAIL}", "main.py": "print(1)\n", "lib/a.py": "A = 1\n"}


def laid_out(world: World, digest: str) -> Path:
    tree = world.root / "laid-out"
    tree.mkdir()
    world.runtime.images.lay_out(digest, tree)
    return tree


def names(tree: Path) -> set[str]:
    return {file.relative_to(tree).as_posix() for file in tree.rglob("*") if file.is_file()}


def test_the_same_files_are_the_same_digest(world: World) -> None:
    first = world.build(FILES)
    again = world.context(FILES)
    os.utime(again / "main.py", (1, 1))
    (again / "lib" / "a.py").chmod(0o600)
    options = BuildOptions({}, {"revision": "abc"}, print, time.monotonic() + 60)
    assert world.runtime.images.build(again, again / "Dockerfile", options) == first
    assert first.startswith("sha256:")


def test_another_file_or_label_is_another_digest(world: World) -> None:
    digests = {
        world.build(FILES),
        world.build({**FILES, "main.py": "print(2)\n"}),
        world.build({**FILES, "Dockerfile": f"{HEAD}LABEL a=b\nCOPY . .\n{TAIL}"}),
    }
    assert len(digests) == 3


def test_dockerignore_decides_what_is_copied(world: World) -> None:
    ignored = "# tests stay\n**/*.pyc\nsecret*\nnotes/*\n!notes/kept.md\nlogs\n"
    extra = {
        ".dockerignore": ignored, "secret.key": "s", "notes/a.md": "a", "notes/kept.md": "k",
        "logs/deep/x.log": "x", "lib/deep/b.pyc": "b", "lib/secret.txt": "not at the root",
    }  # fmt: skip
    tree = laid_out(world, world.build({**FILES, **extra}))
    kept = {"Dockerfile", ".dockerignore", "main.py", "lib/a.py", "notes/kept.md", "lib/secret.txt"}
    assert names(tree / "app") == kept


def test_copy_knows_files_folders_and_patterns(world: World) -> None:
    text = (
        HEAD
        + 'COPY main.py run.py\nCOPY lib /srv/lib\nCOPY ["*.txt", "lib/a.py", "mixed/"]\n'
        + TAIL
    )
    tree = laid_out(world, world.build({**FILES, "Dockerfile": text, "a.txt": "", "b.txt": ""}))
    wanted = {"app/run.py", "srv/lib/a.py", "app/mixed/a.txt", "app/mixed/b.txt", "app/mixed/a.py"}
    assert names(tree) == wanted


@pytest.mark.parametrize(
    ("copy", "reason"),
    [
        ("COPY absent.py .", "line 3: COPY absent.py: no such file"),
        ("COPY ../state .", "line 3: COPY ../state: outside the build context"),
        ("COPY escape .", "a link leads outside"),
        ("COPY escape/hosts .", "a link leads outside"),
        ("RUN pip install -r requirements.txt", "COPY it before RUN"),
        ("RUN pip install -r ../../etc/hosts", "COPY it before RUN"),
        ("RUN npm ci", "npm does not come with the base image"),
    ],
)
def test_a_step_that_cannot_be_taken_fails_the_build(world: World, copy: str, reason: str) -> None:
    context = world.context({**FILES, "Dockerfile": f"{HEAD}{copy}\n{TAIL}"})
    (context / "escape").symlink_to("/etc")
    options = BuildOptions({}, {}, print, time.monotonic() + 60)
    with pytest.raises(BuildFailed, match=reason):
        world.runtime.images.build(context, context / "Dockerfile", options)


@pytest.mark.parametrize(
    ("requirement", "reason"),
    [
        ("idna==0.0.0.1", "idna"),
        ("idna==3.10 --hash=sha256:" + "0" * 64, "(?i)hash"),
        ("-e .", "no package of an index"),
        ("file:///etc/hosts", "no package of an index"),
    ],
)
def test_a_bad_requirement_fails_the_build_in_the_tools_words(
    world: World, requirement: str, reason: str
) -> None:
    run = "COPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    files = {"Dockerfile": HEAD + run + TAIL, "requirements.txt": requirement + "\n"}
    with pytest.raises(BuildFailed, match=reason):
        world.build(files)


def test_a_missing_dockerfile_fails_the_build(world: World) -> None:
    with pytest.raises(BuildFailed, match="no Dockerfile"):
        world.build({"main.py": ""})


def test_a_cancelled_or_late_build_fails(world: World) -> None:
    context = world.context(FILES)
    late = BuildOptions({}, {}, print, time.monotonic() - 1)
    cancelled = BuildOptions({}, {}, print, time.monotonic() + 60, lambda: True)
    for options, reason in ((late, "time-out"), (cancelled, "cancelled")):
        with pytest.raises(BuildFailed, match=reason):
            world.runtime.images.build(context, context / "Dockerfile", options)


def test_tags_move_and_digests_stay(world: World) -> None:
    images = world.runtime.images
    first, second = world.build(FILES), world.build({**FILES, "main.py": "print(2)\n"})
    repository = "asia-northeast3-docker.pkg.dev/p/backend/web"
    images.tag(repository, "v1", first)
    images.tag(repository, "v1", second)
    assert images.resolve(f"{repository}:v1") == second
    assert images.resolve(f"{repository}@{first}") == first
    assert images.resolve(f"{repository}:v2") is None
    assert images.resolve(f"elsewhere@{first}") is None
    with pytest.raises(FileNotFoundError):
        images.tag(repository, "v3", "sha256:" + "0" * 64)


def test_the_log_tells_what_has_no_effect(world: World) -> None:
    log: list[str] = []
    text = f"{HEAD}COPY --chown=web:web . .\nUSER web\n{TAIL}"
    world.build_logged({**FILES, "Dockerfile": text}, log)
    told = "\n".join(log)
    assert "line 3: --chown=web:web has no effect" in told
    assert "line 4: USER has no effect" in told
