"""Reads a Dockerfile into a Recipe, and refuses by line and name what a process cannot honour.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import posixpath
import re
import shlex
from io import BytesIO
from typing import TYPE_CHECKING, TypedDict

from dockerfile_parse import DockerfileParser

from localcloud.runtime.interface import BuildFailed
from localcloud.runtime.recipe import Copy, ImageConfig, MakeFolder, Recipe, Step
from localcloud.runtime.shell_commands import judge
from localcloud.runtime.words import exec_form, pairs_of, replaced, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BASE = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?P<family>python|node)(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?"
)


class _Instruction(TypedDict):
    instruction: str
    startline: int
    value: str


def read(text: str, args: Mapping[str, str]) -> Recipe:
    """Understand one Dockerfile under these build arguments. Raises BuildFailed."""
    reading = _Reading(args)
    for one in _instructions(text):
        try:
            reading.take(one)
        except ValueError as trouble:
            where = f"Dockerfile line {one['startline'] + 1}: {one['instruction']} {one['value']}"
            reason = f"{where[:300]}: {trouble}"
            raise BuildFailed(reason) from trouble
    return reading.recipe()


def family_of(base: str) -> str:
    """Tell `python` or `node` from a base image's name. Raises ValueError for any other."""
    known = _BASE.fullmatch(base)
    if known is None:
        reason = "services run as processes here, so the base is an official python or node image"
        raise ValueError(reason)
    return known["family"]


def _instructions(text: str) -> list[_Instruction]:
    parser = DockerfileParser(fileobj=BytesIO(text.encode()), env_replace=False)
    return [one for one in parser.structure if one["instruction"] != "COMMENT"]


class _Reading:
    """What is known after the instructions read so far."""

    def __init__(self, args: Mapping[str, str]) -> None:
        self._given = args
        self._base = ""
        self._arguments: dict[str, str] = {}
        self._config = ImageConfig()
        self._steps: list[Step] = []
        self._notes: list[str] = []
        self._line = 0

    def take(self, one: _Instruction) -> None:
        """Read one instruction. Raises ValueError when it cannot be honoured."""
        name, value, self._line = one["instruction"], one["value"], one["startline"] + 1
        if not self._base and name not in ("FROM", "ARG"):
            reason = "a Dockerfile begins with FROM"
            raise ValueError(reason)
        self._refuse_heredoc(name, value)
        self._take_by_name(name)(value)

    def recipe(self) -> Recipe:
        """Close the reading. Raises BuildFailed when nothing would be started."""
        if not self._base:
            reason = "the Dockerfile has no FROM"
            raise BuildFailed(reason)
        if not self._config.cmd and not self._config.entrypoint:
            reason = "the Dockerfile has neither CMD nor ENTRYPOINT: nothing would start"
            raise BuildFailed(reason)
        return Recipe(self._base, tuple(self._steps), self._config, tuple(self._notes))

    def _take_by_name(self, name: str) -> Callable[[str], None]:
        taken = {
            "FROM": self._from, "ARG": self._arg, "ENV": self._env, "LABEL": self._label,
            "WORKDIR": self._workdir, "COPY": self._copy, "RUN": self._run, "EXPOSE": self._expose,
            "CMD": self._cmd, "ENTRYPOINT": self._entrypoint, "USER": self._user,
            "HEALTHCHECK": self._healthcheck, "STOPSIGNAL": self._stop_signal,
            "MAINTAINER": self._maintainer,
        }  # fmt: skip
        if name == "ADD":
            reason = "ADD is not honoured; use COPY"
            raise ValueError(reason)
        if name not in taken:
            reason = f"not honoured; the instructions are {', '.join(sorted(taken))}"
            raise ValueError(reason)
        return taken[name]

    def _refuse_heredoc(self, name: str, value: str) -> None:
        if name in ("RUN", "COPY") and re.search(r"<<-?['\"]?\w", value):
            reason = "heredocs are not honoured; put the text into a file and COPY it"
            raise ValueError(reason)

    @property
    def _scope(self) -> dict[str, str]:
        return {**self._arguments, **self._config.env}

    def _from(self, value: str) -> None:
        if self._base:
            reason = "one stage only; build what the other stage makes before, and COPY it"
            raise ValueError(reason)
        words = [word for word in words_of(value, self._arguments) if not word.startswith("--")]
        family_of(words[0] if words else "")
        self._base, self._arguments = words[0], {}

    def _arg(self, value: str) -> None:
        for word in words_of(value, self._scope):
            name, has_default, default = word.partition("=")
            if name in self._given or has_default:
                self._arguments[name] = self._given.get(name, default)

    def _env(self, value: str) -> None:
        self._config.env |= pairs_of(value, self._scope)

    def _label(self, value: str) -> None:
        self._config.labels |= pairs_of(value, self._scope)

    def _workdir(self, value: str) -> None:
        folder = replaced(value.strip().strip("\"'"), self._scope)
        self._config.working_dir = self._absolute(folder)
        self._steps.append(MakeFolder(self._config.working_dir))

    def _absolute(self, path: str) -> str:
        return posixpath.normpath(posixpath.join("/", self._config.working_dir, path))

    def _copy(self, value: str) -> None:
        *sources, target = self._copied(value)
        if not sources:
            reason = "expected COPY SOURCE… TARGET"
            raise ValueError(reason)
        folder = len(sources) > 1 or target.endswith(("/", "."))
        self._steps.append(Copy(self._line, tuple(sources), self._absolute(target), folder))

    def _copied(self, value: str) -> list[str]:
        """Give the paths of a COPY, its flags judged."""
        flags, rest = _flags(value)
        for flag in flags:
            if not flag.startswith(("--chown=", "--chmod=", "--link")):
                reason = f"{flag} is not honoured; copy from the build context"
                raise ValueError(reason)
            self._notes.append(f"line {self._line}: {flag} has no effect: files are yours here")
        words = exec_form(rest)
        if words is None:
            return words_of(rest, self._scope) or [""]
        return [replaced(word, self._scope) for word in words] or [""]

    def _run(self, value: str) -> None:
        flags, command = _flags(value)
        for flag in flags:
            if not flag.startswith("--mount=type=cache"):
                reason = f"{flag} is not honoured"
                raise ValueError(reason)
        words = exec_form(command)
        self._judge(command if words is None else shlex.join(words))

    def _judge(self, command: str) -> None:
        production = self._config.env.get("NODE_ENV") == "production"
        line = replaced(command, self._scope)
        for found in judge(line, self._config.working_dir, production=production):
            if isinstance(found, str):
                self._notes.append(f"line {self._line}: {found}")
            else:
                self._steps.append(found)

    def _expose(self, value: str) -> None:
        ports = (port if "/" in port else f"{port}/tcp" for port in words_of(value, self._scope))
        self._config.ports = (*self._config.ports, *ports)

    def _cmd(self, value: str) -> None:
        self._config.cmd = _command(value)

    def _entrypoint(self, value: str) -> None:
        self._config.entrypoint = _command(value)
        self._config.cmd = ()

    def _user(self, value: str) -> None:
        self._config.user = replaced(value.strip(), self._scope)
        self._notes.append(f"line {self._line}: USER has no effect: a process runs as you")

    def _stop_signal(self, value: str) -> None:
        self._config.stop_signal = value.strip()
        self._notes.append(f"line {self._line}: STOPSIGNAL has no effect: Cloud Run sends SIGTERM")

    def _healthcheck(self, _value: str) -> None:
        self._notes.append(
            f"line {self._line}: HEALTHCHECK has no effect: Cloud Run has its probes"
        )

    def _maintainer(self, _value: str) -> None:
        self._notes.append(f"line {self._line}: MAINTAINER has no effect")


def _command(value: str) -> tuple[str, ...]:
    return exec_form(value) or ("/bin/sh", "-c", value)


def _flags(value: str) -> tuple[list[str], str]:
    """Cut the leading `--flags` off."""
    leading = re.match(r"(?:--\S+\s+)*", value)
    end = leading.end() if leading else 0
    return value[:end].split(), value[end:]
