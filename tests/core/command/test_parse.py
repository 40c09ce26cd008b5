"""How a command line is read, and what people are told when it cannot be followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.command import (
    Abort,
    Approve,
    Command,
    Deploy,
    Help,
    History,
    Known,
    Lock,
    Pause,
    Plan,
    Promote,
    Resume,
    Rollback,
    Status,
    Unlock,
    Unreadable,
    closest,
    completed,
    parse,
    resolve_deploy,
    resolve_environment,
    resolve_plan,
    resolve_words,
)

SERVICES = ("ai-service", "api-service")
KNOWN = Known(environments=("staging", "prod"), services=SERVICES, branch="main")
SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"


def settled(line: str) -> Command | Unreadable:
    """The line as it is followed in a repository with our two services and `main`."""
    command = parse(line)
    match command:
        case Deploy():
            return resolve_words(command, SERVICES, "main")
        case Plan():
            return resolve_plan(command, KNOWN)
        case _:
            return command


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
        ("/deploy prod --now", Deploy(environment="prod", now=True)),
        ("/deploy --now prod", Deploy(environment="prod", now=True)),
        ("/deploy prod \u2014now -retry", Deploy(environment="prod", now=True, retry=True)),
        ("/deploy prod --replace #12", Deploy(environment="prod", replace=12)),
        (
            "/deploy prod --replace=12 a1b2c3d",
            Deploy(environment="prod", replace=12, ref="a1b2c3d"),
        ),
        (
            '/deploy prod --override --reason "it broke: #12"',
            Deploy(environment="prod", override=True, reason="it broke: #12"),
        ),
        (
            "/deploy prod --reason=\u201cBezahlen geht nicht\u201d ai-service",
            Deploy(environment="prod", services=("ai-service",), reason="Bezahlen geht nicht"),
        ),
        ("/plan prod", Plan(Deploy(environment="prod"))),
        ("/plan prod a1b2c3d --now", Plan(Deploy(environment="prod", ref="a1b2c3d", now=True))),
        ("/promote", Promote()),
        ("/promote prod", Promote(environment="prod")),
        ("/pause prod", Pause(environment="prod")),
        ("/resume", Resume()),
        ("/abort prod", Abort(environment="prod")),
        ("/rollback prod", Rollback(environment="prod")),
        ("/rollback prod to A1B2C3D", Rollback(environment="prod", ref="a1b2c3d")),
        ("/rollback prod a1b2c3d", Rollback(environment="prod", ref="a1b2c3d")),
        ("/approve", Approve()),
        ("/approve prod", Approve(environment="prod")),
        ("/approve a1b2c3d", Approve(ref="a1b2c3d")),
        ("/approve prod a1b2c3d", Approve(environment="prod", ref="a1b2c3d")),
        ("/history prod", History(environment="prod")),
        ("/lock prod on fire", Lock(environment="prod", reason="on fire")),
        ('/lock prod "on fire"', Lock(environment="prod", reason="on fire")),
        (
            "/lock prod --for 2h \uacb0\uc81c \uc624\ub958, see #7",
            Lock(
                environment="prod",
                reason="\uacb0\uc81c \uc624\ub958, see #7",
                length=timedelta(hours=2),
            ),
        ),
        ("/unlock prod", Unlock(environment="prod")),
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
        ("/deploy prod --force", "unknown_option", "/deploy prod"),
        ("/deploy prod ai-service --force a1b2c3d", "unknown_option", "/deploy prod ai-service"),
        ("/deploy prod --nwo", "unknown_option", "/deploy prod --now"),
        ("/deploy prod --repalce #3", "unknown_option", "/deploy prod --replace #3"),
        ("/status --all", "unknown_option", ""),
        ("/deploy prod --now a1b2c3d --now", "option_twice", "/deploy prod a1b2c3d --now"),
        ("/deploy prod --replace 3 --replace 4", "option_twice", "/deploy prod --replace #3"),
        ("/deploy prod --now=yes", "option_value", ""),
        ("/deploy prod --replace", "option_value", ""),
        ("/deploy prod --replace #x", "option_value", ""),
        ("/deploy prod --replace 0", "option_value", ""),
        ("/deploy prod --reason", "option_value", ""),
        (
            "/deploy prod --reason it broke --now",
            "option_value",
            '/deploy prod --now --reason "it broke"',
        ),
        ('/deploy prod --reason "it broke', "open_quotation", ""),
        ('/deploy prod --reason "$(reboot)"', "strange_reason", ""),
        (f'/deploy prod --reason "{"x" * 201}"', "strange_reason", ""),
        ('/deploy prod "ai-service"', "not_a_name", ""),
        ("/plan", "no_environment", ""),
        ("/plan prod a1b2c3d ai-service", "commit_not_last", "/plan prod ai-service a1b2c3d"),
        ("/plan prdo", "unknown_environment", "/plan prod"),
        ("/promote prod now", "too_many_words", "/promote prod"),
        ("/rollback", "no_environment", ""),
        ("/rollback prod to yesterday", "no_commit", ""),
        ("/rollback prod to", "no_commit", ""),
        ("/rollback prod to a1b2c3d now", "too_many_words", "/rollback prod to a1b2c3d"),
        ("/approve prod staging", "too_many_words", "/approve prod"),
        ("/history", "no_environment", ""),
        ("/lock", "no_environment", ""),
        ("/lock prod", "no_reason", ""),
        ("/lock prod --for 2h", "no_reason", ""),
        ("/lock prod --for ever on fire", "option_value", ""),
        ("/lock prod --for 91d on fire", "option_value", ""),
        ("/lock prod `on fire`", "strange_reason", ""),
        ("/unlock", "no_environment", ""),
        ("/unlokc prod", "unknown_command", "/unlock prod"),
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


@pytest.mark.parametrize(
    ("line", "codes", "suggestion"),
    [
        (
            "/depoly prdo ai-servise --nwo",
            ("unknown_command", "unknown_option", "unknown_environment", "unknown_service"),
            "/deploy prod ai-service --now",
        ),
        (
            "/plan prdo a1b2c3d wbe --now --now",
            ("option_twice", "commit_not_last", "unknown_environment", "unknown_service"),
            "",
        ),
        ("/deploy prdo --force", ("unknown_option", "unknown_environment"), "/deploy prod"),
        ("/unlokc prdo", ("unknown_command", "unknown_environment"), "/unlock prod"),
        ("/deploy prod --force", ("unknown_option",), "/deploy prod"),
        ("/deploy --force prod", ("unknown_option",), ""),
    ],
)
def test_everything_that_is_wrong_is_told_at_once(
    line: str, codes: tuple[str, ...], suggestion: str
) -> None:
    read = parse(line)
    assert isinstance(read, Unreadable)
    told = completed(read, KNOWN)
    assert (told.codes, told.suggestion) == (codes, suggestion)
    assert len(told.problems) == len(codes)


def test_where_no_environment_is_named_all_are_told() -> None:
    read = parse("/deploy")
    assert isinstance(read, Unreadable)
    assert completed(read, KNOWN).problem.endswith("There is `staging`, `prod`.")


def test_an_unknown_option_is_named() -> None:
    read = parse("/deploy prod --force")
    assert isinstance(read, Unreadable)
    assert "`--force`" in read.problem


def test_an_unknown_service_comes_with_the_known_ones() -> None:
    read = settled("/deploy prod web")
    assert isinstance(read, Unreadable)
    assert read.problem == (
        "There is no service `web`; there is `ai-service`, `api-service`. "
        "A commit is named by 7 to 40 of its digits, or as `main`."
    )


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


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("/deploy to prod", "/deploy prod"),
        ("/deploy main prod", "/deploy prod main"),
        ("/deploy main to prod", "/deploy prod main"),
        ("/deploy ai-service to prod --now", "/deploy prod ai-service --now"),
        ("/plan to prod", "/plan prod"),
        ("/deploy that to prod", ""),
        ("/deploy to main", ""),
    ],
)
def test_an_environment_that_comes_late_is_put_where_it_belongs(line: str, meant: str) -> None:
    read = parse(line)
    assert isinstance(read, Deploy | Plan)
    found = resolve_plan(read, KNOWN) if isinstance(read, Plan) else resolve_deploy(read, KNOWN)
    assert isinstance(found, Unreadable)
    assert found.suggestion == meant
