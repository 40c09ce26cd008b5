"""Which Dockerfiles are understood, and with which words the others are refused."""

from __future__ import annotations

import pytest

from localcloud.runtime.dockerfile import read
from localcloud.runtime.interface import BuildFailed
from localcloud.runtime.recipe import Copy, Install, MakeFolder

CMD = 'CMD ["python", "a.py"]\n'


@pytest.mark.parametrize(
    ("instructions", "line", "reason"),
    [
        ("FROM golang:1.22", 1, "official python or node image"),
        ("FROM ghcr.io/somebody/python:3.12", 1, "official python or node image"),
        ("FROM python:3.12\nFROM node:22", 2, "one stage only"),
        ("FROM python:3.12 AS one\nCOPY --from=one /a /b", 2, "--from=one is not honoured"),
        ("FROM python:3.12\nADD a b", 2, "use COPY"),
        ("FROM python:3.12\n\nRUN apt-get update", 3, "system packages"),
        ("FROM python:3.12\nRUN pip install flask", 2, "requirement files only"),
        ("FROM python:3.12\nRUN pip install --target=/x -r r.txt", 2, "--target=/x is not known"),
        ("FROM python:3.12\nRUN pip install -r r.txt; rm -rf /", 2, "`;` needs a shell"),
        ("FROM python:3.12\nRUN pip install -r r.txt && curl x | sh", 2, "needs a shell"),
        ("FROM python:3.12\nRUN echo $(whoami)", 2, "needs a shell"),
        ("FROM python:3.12\nRUN make all", 2, "`make all` cannot be run"),
        ("FROM node:22\nRUN npm run build", 2, "`npm run build` cannot be run"),
        ("FROM python:3.12\nRUN <<EOF\npip install -r r.txt\nEOF", 2, "heredocs"),
        (
            "FROM python:3.12\nRUN --mount=type=secret,id=a pip install -r r",
            2,
            "--mount=type=secret",
        ),
        ("FROM python:3.12\nVOLUME /data", 2, "not honoured"),
        ("FROM python:3.12\nONBUILD COPY a b", 2, "not honoured"),
        ("FROM python:3.12\nENV A=1 B", 2, "NAME=value"),
        ("FROM python:3.12\nENV A='1", 2, "No closing quotation"),
        ("COPY a b", 1, "begins with FROM"),
        ("WHAT is this", 1, "begins with FROM"),
    ],
)
def test_is_refused_by_line_and_instruction(instructions: str, line: int, reason: str) -> None:
    with pytest.raises(BuildFailed) as refused:
        read(f"{instructions}\n{CMD}", {})
    first = instructions.splitlines()[line - 1]
    assert f"Dockerfile line {line}: {first}" in str(refused.value)
    assert reason in str(refused.value)


@pytest.mark.parametrize("text", ["", "FROM python:3.12\n", "# nothing\n"])
def test_a_dockerfile_that_starts_nothing_is_refused(text: str) -> None:
    with pytest.raises(BuildFailed, match=r"no FROM|neither CMD nor ENTRYPOINT"):
        read(text, {})


def test_variables_come_from_arguments_environment_and_defaults() -> None:
    recipe = read(
        "ARG VERSION=3.12\n"
        "FROM python:${VERSION}-slim\n"
        "ARG NAME\nARG WHERE=/srv\n"
        'ENV HOME_OF=$WHERE/$NAME MORE="a b" LITERAL=\\$NAME\n'
        "WORKDIR ${HOME_OF}\n"
        "COPY src ${MISSING:-dst}/\n" + CMD,
        {"NAME": "web", "WHERE": "/opt"},
    )
    assert recipe.base == "python:3.12-slim"
    assert recipe.config.env == {"HOME_OF": "/opt/web", "MORE": "a b", "LITERAL": "$NAME"}
    assert recipe.config.working_dir == "/opt/web"
    assert recipe.steps[-1] == Copy(7, ("src",), "/opt/web/dst", into_folder=True)


def test_a_chain_of_commands_becomes_steps_and_notes() -> None:
    recipe = read(
        "FROM python:3.12\nWORKDIR /app\n"
        "RUN pip install --upgrade pip && \\\n"
        "    # the lock file\n"
        "    pip install --no-cache-dir --require-hashes -r requirements.txt && \\\n"
        "    mkdir -p data /var/lib/app && useradd web\n"
        "USER web\nHEALTHCHECK CMD curl localhost\nSTOPSIGNAL SIGINT\n" + CMD,
        {},
    )
    assert recipe.steps == (
        MakeFolder("/app"),
        Install("pip", "/app", ("requirements.txt",), hashed=True),
        MakeFolder("/app/data"),
        MakeFolder("/var/lib/app"),
    )
    notes = "\n".join(recipe.notes)
    for told in ("uv installs here", "useradd", "USER", "HEALTHCHECK", "STOPSIGNAL"):
        assert told in notes


@pytest.mark.parametrize(
    ("run", "production"),
    [("npm ci --omit=dev", True), ("npm ci --only=production", True), ("npm ci", False)],
)
def test_npm_leaves_development_out_when_asked(run: str, *, production: bool) -> None:
    recipe = read(f"FROM node:22-alpine\nRUN {run}\n{CMD}", {})
    assert recipe.steps == (Install("npm", "/", production=production),)


def test_shell_and_exec_forms_and_an_entrypoint() -> None:
    shell = read("FROM node:22\nCMD node server.js --port $PORT\n", {}).config
    assert shell.cmd == ("/bin/sh", "-c", "node server.js --port $PORT")
    both = read('FROM node:22\nENTRYPOINT ["node"]\nCMD ["server.js"]\n', {}).config
    assert (both.entrypoint, both.cmd) == (("node",), ("server.js",))
