"""One build step: docker's `build`, `push` and `version`, read from their command line.

https://docs.docker.com/reference/cli/docker/buildx/build/
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.google.protocol import Proto

_DOCKER = frozenset({"gcr.io/cloud-builders/docker", "docker"})
_REFUSAL = "the local cloud runs only the docker builder's build, push and version"


class StepRefused(Exception):  # noqa: N818  # reads as the event that it is
    """A step that this server cannot run; the text says which part of it."""


@dataclass(frozen=True)
class BuildStep:
    """`docker build`: paths are relative to the workspace."""

    tags: tuple[str, ...]
    context: PurePosixPath
    dockerfile: PurePosixPath
    args: Mapping[str, str]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class PushStep:
    """`docker push`."""

    images: tuple[str, ...]
    all_tags: bool


@dataclass(frozen=True)
class VersionStep:
    """`docker version`."""


def read_step(step: Proto) -> BuildStep | PushStep | VersionStep:
    """Return what a step shall do; raises StepRefused."""
    builder = step.name.partition("@")[0]
    if builder.rpartition("/")[2].count(":"):
        builder = builder.rpartition(":")[0]
    if builder not in _DOCKER:
        _refuse(f"builder {step.name!r}: {_REFUSAL}")
    for field in ("entrypoint", "script"):
        if getattr(step, field):
            _refuse(f"{field} {getattr(step, field)!r}: {_REFUSAL}")
    verb, *rest = list(step.args) or [""]
    if verb == "build":
        return _build(rest, PurePosixPath(step.dir_), dict(_pair(one) for one in step.env))
    if verb == "push":
        return _push(rest)
    if verb == "version" and not rest:
        return VersionStep()
    _refuse(f"docker {verb}: {_REFUSAL}")
    return None


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _refuse(f"{self.prog}: {message}")


def _parser(verb: str) -> _Arguments:
    return _Arguments(prog=f"docker {verb}", add_help=False, allow_abbrev=False)


def _build(words: list[str], folder: PurePosixPath, env: Mapping[str, str]) -> BuildStep:
    found = _build_parser().parse_args(words)
    context = _within(folder / found.context)
    dockerfile = _within(folder / found.file) if found.file else context / "Dockerfile"
    return BuildStep(
        tags=tuple(found.tag),
        context=context,
        dockerfile=dockerfile,
        args=_build_args(found.build_arg, env),
        labels=dict(_pair(one) for one in found.label),
    )


def _build_parser() -> _Arguments:
    parser = _parser("build")
    parser.add_argument("-t", "--tag", action="append", default=[])
    parser.add_argument("-f", "--file", default="")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--label", action="append", default=[])
    for harmless in ("--no-cache", "--pull", "-q", "--quiet", "--rm", "--force-rm"):
        parser.add_argument(harmless, action="store_true")
    for harmless in ("--cache-from", "--network", "--progress", "--platform"):
        parser.add_argument(harmless, action="append")
    parser.add_argument("context")
    return parser


def _build_args(given: list[str], env: Mapping[str, str]) -> dict[str, str]:
    """Return build arguments; one without a value takes it from the step's environment."""
    valued = dict(_pair(one) for one in given if "=" in one)
    return {one: env[one] for one in given if "=" not in one and one in env} | valued


def _push(words: list[str]) -> PushStep:
    parser = _parser("push")
    parser.add_argument("-a", "--all-tags", action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("image")
    found = parser.parse_args(words)
    return PushStep((found.image,), all_tags=found.all_tags)


def _within(path: PurePosixPath) -> PurePosixPath:
    if path.is_absolute() or ".." in path.parts:
        _refuse(f"path {str(path)!r}: it must stay within the source")
    return path


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _refuse(message: str) -> NoReturn:
    raise StepRefused(message)
