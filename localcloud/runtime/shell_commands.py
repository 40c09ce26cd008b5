"""Which RUN commands a process can honour: installs of dependencies, and folders."""

from __future__ import annotations

import posixpath
import shlex
from typing import TYPE_CHECKING

from localcloud.runtime.recipe import Install, MakeFolder, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

_WITHOUT_EFFECT = {"useradd", "adduser", "groupadd", "addgroup", "usermod", "chown"}
_PIP_FLAGS = {
    "--no-cache-dir", "--disable-pip-version-check", "--no-compile", "--prefer-binary", "--quiet",
    "-q", "--upgrade", "-U", "--require-hashes", "--root-user-action=ignore", "--no-input",
}  # fmt: skip
_NPM_FLAGS = {
    "--omit=dev", "--production", "--only=production", "--no-audit", "--no-fund", "--silent",
    "--quiet", "--no-progress", "--ignore-scripts", "--prefer-offline",
}  # fmt: skip
_NPM_PRODUCTION = {"--omit=dev", "--production", "--only=production"}
_HONOURED = "only `pip install -r FILE`, `npm ci`, `npm install` and `mkdir -p` are honoured"


class NotHonoured(ValueError):  # noqa: N818  # reads as the refusal that it is
    """A command that a process cannot honour; the text says why and what is."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; {_HONOURED}")


def judge(command: str, folder: str, *, production: bool) -> Iterator[Step | str]:
    """Turn a shell line into steps and notes; `folder` is where it runs. Raises NotHonoured."""
    for words in _commands(command):
        yield from _judge_one(words, folder, production=production)


def _commands(command: str) -> list[list[str]]:
    reader = shlex.shlex(command, posix=True, punctuation_chars="&|;<>()`")
    reader.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in reader:
        if word == "&&":
            commands.append([])
        elif set(word) <= set("&|;<>()`"):
            reason = f"`{word}` needs a shell"
            raise NotHonoured(reason)
        else:
            commands[-1].append(word)
    return [words for words in commands if words]


def _judge_one(words: list[str], folder: str, *, production: bool) -> Iterator[Step | str]:
    match words:
        case ["pip" | "pip3", "install", *rest]:
            yield _pip(rest, folder)
        case ["python" | "python3", "-m", "pip", "install", *rest]:
            yield _pip(rest, folder)
        case ["npm", "ci" | "install" | "i" | "clean-install", *rest]:
            yield _npm(rest, folder, production=production)
        case ["mkdir", "-p", *paths] if paths:
            yield from (MakeFolder(posixpath.join(folder, path)) for path in paths)
        case [name, *_] if name in _WITHOUT_EFFECT:
            yield f"`{name}` has no effect: a process runs as you"
        case ["apt-get" | "apt" | "apk" as name, *_]:
            reason = f"`{name}` installs system packages, a process uses this machine's"
            raise NotHonoured(reason)
        case _:
            reason = f"`{shlex.join(words)}` cannot be run"
            raise NotHonoured(reason)


def _pip(rest: list[str], folder: str) -> Install | str:
    files: list[str] = []
    flags: set[str] = set()
    names: list[str] = []
    words = iter(rest)
    for word in words:
        if word in ("-r", "--requirement"):
            files.append(next(words, ""))
        elif word.startswith("--requirement="):
            files.append(word.partition("=")[2])
        else:
            (flags.add if word.startswith("-") else names.append)(word)
    if strange := flags - _PIP_FLAGS:
        reason = f"pip's {', '.join(sorted(strange))} is not known here"
        raise NotHonoured(reason)
    if not files and set(names) <= {"pip", "setuptools", "wheel"} and names:
        return f"`pip install {' '.join(rest)}` has no effect: uv installs here"
    if names or not all(files) or not files:
        reason = "pip installs from requirement files only, so that versions are pinned"
        raise NotHonoured(reason)
    return Install("pip", folder, tuple(files), hashed="--require-hashes" in flags)


def _npm(rest: list[str], folder: str, *, production: bool) -> Install:
    if strange := set(rest) - _NPM_FLAGS:
        reason = f"npm's {', '.join(sorted(strange))} is not known here"
        raise NotHonoured(reason)
    wanted = production or bool(_NPM_PRODUCTION & set(rest))
    return Install("npm", folder, production=wanted, scripts="--ignore-scripts" not in rest)
