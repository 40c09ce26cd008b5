"""What GitHub's archive would leave out of a service's folder, found in the tree."""

from __future__ import annotations

import pytest

from bot.core import sources
from bot.core.github import PathSeen

FOLDERS = ("services/ai", "shared")


def tree(*paths: str, kind: str = "blob", size: int = 100) -> tuple[PathSeen, ...]:
    return tuple(PathSeen(path, kind, size) for path in paths)


PLAIN = tree("README.md", "services/ai/app.py", "services/api/app.js", "shared/words.txt")


def found(
    *more: PathSeen, folders: tuple[str, ...] = FOLDERS, **attributes: str
) -> tuple[str, ...]:
    named = {path.replace("__", "/") + ".gitattributes": text for path, text in attributes.items()}
    texts = {path.removeprefix("root"): text for path, text in named.items()}
    return sources.gaps((*PLAIN, *more), texts, folders)


def test_a_plain_repository_lacks_nothing() -> None:
    assert found() == ()
    assert found(root="*.py text eol=lf\n# *.py filter=lfs\n\n[attr]lfs filter=lfs\n") == ()


@pytest.mark.parametrize("path", ["services/ai/vendor", "services/ai", "shared", "services"])
def test_a_submodule_in_around_or_instead_of_a_service(path: str) -> None:
    (told,) = found(*tree(path, kind="commit"))
    assert told.startswith(f"`{path}` is a submodule, which GitHub's archive leaves out: ")
    assert "connected_repository in deploy.yaml" in told


def test_what_is_too_much_to_read_or_to_look_up_is_refused_unread() -> None:
    files = [f"services/ai/{number}/.gitattributes" for number in range(21)]
    (many,) = sources.too_much(tree(*files), files)
    assert many.startswith("more than 20 .gitattributes have a say")
    (large,) = sources.too_much(tree(files[0], size=70_000), files[:1])
    assert large.startswith("`services/ai/0/.gitattributes` is larger than 64 KB: ")
    assert sources.too_much(tree(*files), files[:20]) == ()
    (open_,) = found(root="*a*a*a*a*b filter=lfs\n")
    assert open_.startswith(".gitattributes says too much to be looked up: ")
    paths = tree(*(f"services/ai/{number}.txt" for number in range(5000)))
    assert found(*paths, root="*.psd -text\n" * 200) == ()
    assert found(*paths, root="*.psd filter=lfs\n" * 200) == (open_,)


def test_a_submodule_elsewhere_is_nobodys_business() -> None:
    assert found(*tree("docs/theme", "services/api/vendor", "services/ai-2", kind="commit")) == ()


@pytest.mark.parametrize(
    "attributes",
    [
        {"root": "*.bin filter=lfs diff=lfs merge=lfs -text\n"},
        {"root": "services/ai/models/** filter=lfs\n"},
        {"services__ai__": "models/*.bin filter=lfs\n"},
        {"root": "*.bin -filter\n", "services__ai__": "*.bin filter=lfs\n"},
        {"root": '"*.bin" filter=lfs\r\n'},
    ],
)
def test_what_git_lfs_keeps(attributes: dict[str, str]) -> None:
    (told,) = found(*tree("services/ai/models/m.bin"), **attributes)
    assert told.startswith("`services/ai/models/m.bin` is kept in Git LFS")
    assert "commit the file itself" in told


def test_what_git_lfs_does_not_keep() -> None:
    large = tree("services/ai/models/m.bin", size=5_000_000)
    assert found(*large, root="*.bin filter=lfs\n") == ()
    small = tree("services/ai/m.bin")
    assert found(*small, root="*.bin filter=lfs\nservices/ai/*.bin !filter\n") == ()
    assert found(*small, services__api__="*.bin filter=lfs\n") == ()
    assert found(*tree("models/m.bin"), root="*.bin filter=lfs\n") == ()


@pytest.mark.parametrize(
    "line", ["services/ai/tests export-ignore", "tests/ export-ignore", "*_test.py export-ignore"]
)
def test_what_is_marked_export_ignore(line: str) -> None:
    (told,) = found(*tree("services/ai/tests/a_test.py", "services/ai/tests/b_test.py"), root=line)
    assert told.startswith("`services/ai/tests/a_test.py` (and 1 more) is marked export-ignore")
    assert "take the mark away" in told


def test_marks_outside_the_services_are_usual() -> None:
    assert found(*tree("docs/a.md"), root="docs export-ignore\n.github export-ignore\n") == ()


def test_everything_is_told_at_once() -> None:
    more = (*tree("shared/theme", kind="commit"), *tree("shared/a.bin", "shared/b.txt"))
    assert len(found(*more, root="*.bin filter=lfs\nshared/b.txt export-ignore\n")) == 3


def test_the_whole_repository_as_a_service() -> None:
    assert len(found(*tree("theme", kind="commit"), folders=(".",))) == 1


def test_only_attributes_that_have_a_say_are_read() -> None:
    files = tree(
        ".gitattributes",
        "services/.gitattributes",
        "services/ai/models/.gitattributes",
        "services/api/.gitattributes",
        "docs/.gitattributes",
    )
    assert sources.attribute_files((*PLAIN, *files), FOLDERS) == (
        ".gitattributes",
        "services/.gitattributes",
        "services/ai/models/.gitattributes",
    )


@pytest.mark.parametrize(
    "text", ["\0 filter=lfs", "[ filter=lfs", "\\ export-ignore", "** **\n***"]
)
def test_attributes_that_nobody_can_read(text: str) -> None:
    assert found(root=text) == ()
