"""What GitHub's archive of a commit leaves out: submodules, Git LFS, paths marked export-ignore.

A build from the archive would miss it without a word, so it is looked for in the commit's tree.
Only what lies in the folders of the services matters.
https://git-scm.com/docs/gitattributes and https://git-scm.com/docs/git-archive#ATTRIBUTES
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from pathspec import GitIgnoreSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.core.github import PathSeen

ATTRIBUTES = ".gitattributes"
SUBMODULE = "commit"
FILE = "blob"
LARGEST_POINTER = 1024
"""Bytes; what Git LFS leaves in a tree is smaller
(https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md)."""
MOST_FILES, LARGEST_FILE = 20, 64 * 1024
"""So many .gitattributes of so many bytes are read: whoever opens a pull request writes them."""
MOST_MATCHES, MOST_STARS = 500_000, 3
"""So often a path is held against a pattern, and so much may be left open in one."""
_REMEDY = "or let Cloud Build clone the repository: connected_repository in deploy.yaml"
LFS, IGNORED = "filter=lfs", "export-ignore"
SPOKEN_OF = frozenset({"filter", "export-ignore"})


class _Rule(Struct, frozen=True):
    """One line of a .gitattributes: what it says about the paths that it matches."""

    folder: str
    paths: GitIgnoreSpec
    attributes: frozenset[str]
    stars: int

    def matches(self, path: str) -> bool:
        """Tell whether it is about this path of the repository."""
        inside = path.startswith(self.folder)
        return inside and self.paths.match_file(path[len(self.folder) :])


def attribute_files(tree: Iterable[PathSeen], folders: Sequence[str]) -> tuple[str, ...]:
    """Return every .gitattributes that has a say in these folders, outermost first."""
    found = [
        seen.path
        for seen in tree
        if seen.kind == FILE and seen.path.rpartition("/")[2] == ATTRIBUTES
    ]
    told = (path for path in found if any(_meets(_folder(path), one) for one in folders))
    return tuple(sorted(told, key=lambda path: path.count("/")))


def too_much(tree: Iterable[PathSeen], files: Sequence[str]) -> tuple[str, ...]:
    """Return why these .gitattributes are not read at all, each with the remedy."""
    sizes = {seen.path: seen.size for seen in tree if seen.kind == FILE}
    large = tuple(
        f"{_shown(path)} is larger than {LARGEST_FILE // 1024} KB: shorten it, {_REMEDY}"
        for path in files[:MOST_FILES]
        if sizes[path] > LARGEST_FILE
    )
    if len(files) <= MOST_FILES:
        return large
    many = f"more than {MOST_FILES} .gitattributes have a say in the services' folders"
    return (*large, f"{many}: join them, {_REMEDY}")


def gaps(
    tree: Sequence[PathSeen], attributes: Mapping[str, str], folders: Sequence[str]
) -> tuple[str, ...]:
    """Return what the archive would lack, with the remedy; `attributes` in the order above."""
    inside = [seen for seen in tree if any(_is_in(seen.path, folder) for folder in folders)]
    rules = [rule for path, text in attributes.items() for rule in _rules(path, text)]
    files = [seen for seen in inside if seen.kind == FILE]
    if len(rules) * len(files) > MOST_MATCHES or any(rule.stars > MOST_STARS for rule in rules):
        return (f".gitattributes says too much to be looked up: simplify it, {_REMEDY}",)
    small = (seen.path for seen in files if seen.size < LARGEST_POINTER)
    pointers = [path for path in small if _has(path, LFS, rules)]
    ignored = [seen.path for seen in files if _is_left_out(seen.path, rules)]
    around = (seen for seen in tree if any(_is_in(folder, seen.path) for folder in folders))
    submodules = {seen.path: None for seen in (*inside, *around) if seen.kind == SUBMODULE}
    return tuple(_told(list(submodules), pointers, ignored))


def _told(submodules: list[str], pointers: list[str], ignored: list[str]) -> Iterator[str]:
    if submodules:
        yield (
            f"{_named(submodules)} is a submodule, which GitHub's archive leaves out: commit the "
            f"files themselves, {_REMEDY}"
        )
    if pointers:
        yield (
            f"{_named(pointers)} is kept in Git LFS, and GitHub's archive holds its pointer only: "
            f"commit the file itself, {_REMEDY}"
        )
    if ignored:
        yield (
            f"{_named(ignored)} is marked export-ignore in .gitattributes, so GitHub's archive "
            f"leaves it out: take the mark away, {_REMEDY}"
        )


def _named(paths: list[str]) -> str:
    more = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
    return f"{_shown(paths[0])}{more}"


def _shown(path: str) -> str:
    """Return a path as code: a file may be called whatever its author likes."""
    plain = "".join(mark if mark.isprintable() and mark not in "`<>|" else "·" for mark in path)
    return f"`{plain}`"


def _rules(path: str, text: str) -> Iterator[_Rule]:
    for line in text.splitlines():
        pattern, *attributes = line.split()[:20] or [""]
        spoken = frozenset(one for one in attributes if _name(one) in SPOKEN_OF)
        if pattern and pattern[0] not in "#[!" and spoken:
            wanted = pattern.strip('"')
            stars = wanted.replace("**", "*").count("*")
            yield _Rule(_folder(path), _spec(wanted), spoken, stars)


def _name(attribute: str) -> str:
    """Return what is set, taken away or given a value."""
    return attribute.lstrip("-!").partition("=")[0]


def _spec(pattern: str) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines([pattern])
    except ValueError:
        return GitIgnoreSpec.from_lines([])


def _has(path: str, attribute: str, rules: Sequence[_Rule]) -> bool:
    """Tell whether an attribute is set: the last rule that speaks of it decides."""
    name = _name(attribute)
    spoken = (
        given
        for rule in reversed(rules)
        for given in rule.attributes
        if _name(given) == name and rule.matches(path)
    )
    return next(spoken, "") == attribute


def _is_left_out(path: str, rules: Sequence[_Rule]) -> bool:
    """Tell whether a file, or a folder around it, is marked."""
    parts = path.split("/")
    around = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
    return any(_has(one, IGNORED, rules) for one in around)


def _folder(path: str) -> str:
    """Return the folder of a path with a slash at its end; nothing for the repository's own."""
    before, slash, _ = path.rpartition("/")
    return f"{before}{slash}"


def _is_in(path: str, folder: str) -> bool:
    return folder in {"", "."} or path == folder or path.startswith(f"{folder}/")


def _meets(attributes: str, folder: str) -> bool:
    """Tell whether one of two folders lies in the other."""
    return _is_in(attributes.rstrip("/"), folder) or f"{folder}/".startswith(attributes)
