"""How a command line is read, and what people are told when it cannot be followed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.command import (
    Command,
    Deploy,
    Help,
    Status,
    Unreadable,
    closest,
    parse,
    resolve_environment,
    resolve_words,
    written,
)

SERVICES = ("ai-service", "api-service")
SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"


def settled(line: str) -> Command | Unreadable:
    """The line as it is followed in a repository with our two services and `main`."""
    command = parse(line)
    return resolve_words(command, SERVICES, "main") if isinstance(command, Deploy) else command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/deploy prod", Deploy(environment="prod")),
        ("/DEPLOY   prod", Deploy(environment="prod")),
        ("/deploy\u00a0prod", Deploy(environment="prod")),
        ("/deploy prod A1B2C3D", Deploy(environment="prod", ref="a1b2c3d")),
        (f"/deploy prod {SHA}", Deploy(environment="prod", ref=SHA)),
        ("/deploy prod main", Deploy(environment="prod", ref="main")),
        ("/deploy prod api-service", Deploy(environment="prod", services=("api-service",))),
        (
            "/deploy prod api-service ai-service a1b2c3d",
            Deploy(environment="prod", services=("api-service", "ai-service"), ref="a1b2c3d"),
        ),
        (
            "/deploy prod ai-service main",
            Deploy(environment="prod", services=("ai-service",), ref="main"),
        ),
        ("/status", Status()),
        ("/status prod", Status(environment="prod")),
        ("/help", Help()),
    ],
)
def test_a_command_is_read(line: str, command: Command) -> None:
    assert settled(line) == command


@pytest.mark.parametrize(
    ("line", "code", "suggestion"),
    [
        ("/deploy", "no_environment", ""),
        ("/depoly prod", "unknown_command", "/deploy prod"),
        ("/deploy, prod", "unknown_command", "/deploy prod"),
        ("/depoly prod a1b2c3d ai-service", "unknown_command", "/deploy prod ai-service a1b2c3d"),
        ("/deploy prod --now", "unknown_option", "/deploy prod"),
        ("/deploy prod ai-service --reason it broke", "unknown_option", "/deploy prod ai-service"),
        ("/deploy --now prod", "unknown_option", ""),
        ("/deploy prod ai-service ai-service", "named_twice", "/deploy prod ai-service"),
        ("/deploy prod a1b2c3d b1b2c3d", "two_commits", ""),
        ("/deploy prod a1b2c3d a1b2c3d", "two_commits", ""),
        ("/deploy prod a1b2c3d ai-service", "commit_not_last", "/deploy prod ai-service a1b2c3d"),
        ("/deploy prod ai-servce", "unknown_service", "/deploy prod ai-service"),
        ("/deploy prod ai-servce a1b2c3d", "unknown_service", "/deploy prod ai-service a1b2c3d"),
        ("/deploy prod main a1b2c3d", "unknown_service", ""),
        ("/deploy prod main ai-service", "unknown_service", ""),
        ("/deploy prod develop", "unknown_service", ""),
        ("/deploy prod $(reboot)", "not_a_name", ""),
        ("/deploy prod ;reboot", "not_a_name", ""),
        ("/deploy @everyone", "not_a_name", ""),
        ("/deploy prod `a1b2c3d`", "not_a_name", ""),
        ("/deploy pr\u043ed", "not_a_name", ""),
        ("/status prod staging", "too_many_words", "/status prod"),
        ("/help me", "too_many_words", "/help"),
        ("/lgtm", "no_command", ""),
        ("deploy prod", "no_command", ""),
        ("", "no_command", ""),
        ("/deploy prod\u202e", "no_command", ""),
    ],
)
def test_what_cannot_be_followed_says_why_and_what_to_paste(
    line: str, code: str, suggestion: str
) -> None:
    read = settled(line)
    assert isinstance(read, Unreadable)
    assert (read.code, read.suggestion) == (code, suggestion)


def test_an_unknown_option_is_named() -> None:
    read = parse("/deploy prod --now")
    assert isinstance(read, Unreadable)
    assert "`--now`" in read.problem


def test_an_unknown_service_comes_with_the_known_ones() -> None:
    read = settled("/deploy prod web")
    assert isinstance(read, Unreadable)
    assert read.problem == "There is no service `web`; there is `ai-service`, `api-service`."


def test_a_service_named_like_the_default_branch_is_the_service() -> None:
    wish = Deploy(environment="prod", words=("main",))
    assert resolve_words(wish, ("main",), "main") == Deploy(environment="prod", services=("main",))


def test_an_unknown_environment_is_met_with_the_nearest() -> None:
    read = resolve_environment(
        Deploy(environment="prd", words=("ai-service",)), ("staging", "prod")
    )
    assert isinstance(read, Unreadable)
    assert read.suggestion == "/deploy prod ai-service"
    assert "`staging`, `prod`" in read.problem


@pytest.mark.parametrize(
    "command", [Status(), Status(environment="prod"), Deploy(environment="prod")]
)
def test_a_known_environment_passes(command: Deploy | Status) -> None:
    assert resolve_environment(command, ("staging", "prod")) == command


def test_closest_knows_when_nothing_is_alike() -> None:
    assert closest("prd", ("staging", "prod")) == "prod"
    assert closest("Staging", ("staging", "prod")) == "staging"
    assert closest("xyz", ("staging", "prod")) == ""
    assert closest("prod" * 1000, ("staging", "prod")) == ""


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    for line in (text, f"/deploy {text}", f"/status {text}"):
        read = settled(line)
        assert isinstance(read, Deploy | Status | Help | Unreadable)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_a_suggestion_can_be_pasted_and_a_problem_repeats_nothing_unchecked(text: str) -> None:
    read = parse(f"/deploy {text}")
    if isinstance(read, Unreadable):
        assert not set("@$;\\\"'") & set(read.problem)
        assert not read.suggestion or not isinstance(parse(read.suggestion), Unreadable)


NAMES = st.sampled_from(SERVICES)


@given(
    st.lists(NAMES, unique=True),
    st.sampled_from(["", "main", "a1b2c3d", SHA]),
    st.sampled_from(["prod", "staging"]),
)
def test_what_is_written_is_read_again(services: list[str], ref: str, environment: str) -> None:
    wish = Deploy(environment=environment, services=tuple(services), ref=ref)
    assert settled(written(wish)) == wish
