"""What a smoke check asks, and what it makes of the answer."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from bot.clients.smoke import SmokeVisitor
from bot.core.configuration import Expect, SmokeCheck
from bot.ports import Broken

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.deployment import SmokeAnswer
    from tests.clients.smoke.conftest import Revision

AUDIENCE = "https://api-service.example"


def get(path: str, status: int = 200, members: dict[str, Any] | None = None) -> SmokeCheck:
    return SmokeCheck(method="get", path=path, expect=Expect(status=status, json=members or {}))


def visited(revision: Revision, *checks: SmokeCheck) -> tuple[SmokeAnswer, ...]:
    return SmokeVisitor().visit(revision.url, AUDIENCE, checks)


def test_a_healthy_revision_passes(revision: Revision) -> None:
    check = SmokeCheck(
        method="post", path="/echo", json={"text": "오늘"}, expect=Expect(status=201)
    )
    health, echo = visited(revision, get("/health", members={"status": "healthy"}), check)
    assert (health.request, health.passed) == ("GET /health", True)
    assert health.got.startswith('200 OK: {"status": "healthy"')
    assert (echo.request, echo.passed, echo.got) == ("POST /echo", True, "201 Created: {}")
    (_, _, nothing), (method, path, body) = revision.requests
    assert (method, path, json.loads(body)) == ("POST", "/echo", {"text": "오늘"})
    assert nothing == b""


def test_the_first_failure_is_the_last_question(revision: Revision) -> None:
    (down,) = visited(revision, get("/down"), get("/health"))
    assert not down.passed
    assert down.got == '503 Service Unavailable: {"error": "데이터베이스가 없어요"}'
    assert [path for _, path, _ in revision.requests] == ["/down"]


def test_a_failure_may_be_expected(revision: Revision) -> None:
    (down,) = visited(revision, get("/down", status=503))
    assert down.passed


@pytest.mark.parametrize(
    ("members", "passes"),
    [
        ({"count": 1}, True),
        ({"count": 1.0}, True),
        ({"count": True}, False),
        ({"count": "1"}, False),
        ({"status": "sick"}, False),
        ({"absent": None}, False),
        ({"checks": [{"ok": True}]}, True),
        ({"checks": [{"ok": 1}]}, False),
        ({"checks": []}, False),
        ({"checks": [{"ok": True}, {}]}, False),
        ({"checks": {"ok": True}}, False),
        ({"status": {"a": 1}}, False),
    ],
)
def test_named_members_must_match_however_deep(
    revision: Revision, members: dict[str, Any], *, passes: bool
) -> None:
    (answer,) = visited(revision, get("/health", members=members))
    assert answer.passed is passes
    assert answer.got.startswith("200 OK: " if passes else "200 OK without {")


@pytest.mark.parametrize("path", ["/text", "/large", "/nested"])
def test_what_is_not_the_json_wanted_fails(revision: Revision, path: str) -> None:
    (answer,) = visited(revision, get(path, members={"status": "healthy"}))
    assert not answer.passed
    assert answer.got.startswith('200 OK without {"status": "healthy"}: ')


@pytest.mark.parametrize("path", ["/chunked", "/zipped"])
def test_bodies_are_read_however_they_travel(revision: Revision, path: str) -> None:
    (answer,) = visited(revision, get(path, members={"a": 1}))
    assert (answer.passed, answer.got) == (True, '200 OK: {"a":1}')


def test_redirects_are_not_followed(revision: Revision) -> None:
    (answer,) = visited(revision, get("/moved"))
    assert (answer.passed, answer.got) == (False, "302 Found")
    assert len(revision.requests) == 1


def test_what_is_quoted_is_short_and_printable(revision: Revision) -> None:
    (large,) = visited(revision, get("/large", status=500))
    assert len(large.got) < 250
    (odd,) = visited(revision, get("/bytes", status=500))
    assert odd.got == "200 OK: [31mred\ufffd end"


@pytest.mark.parametrize("path", ["/silence", "/short", "/encoded"])
def test_a_broken_answer_is_a_failure(revision: Revision, path: str) -> None:
    (answer,) = visited(revision, get(path))
    assert not answer.passed
    assert answer.got.startswith("no answer: ")


def test_a_revision_that_is_away_is_a_failure() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        (answer,) = SmokeVisitor().visit(url, AUDIENCE, [get("/health")])
    assert (answer.passed, answer.got) == (False, "no answer: [Errno 111] Connection refused")


def test_an_answer_without_an_end_is_a_failure(
    revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.clients.smoke.DEADLINE", 0.3)
    (answer,) = visited(revision, get("/drip"))
    assert (answer.passed, answer.got) == (False, "no answer: the body took too long")


def test_no_answer_at_all_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clients.smoke.DEADLINE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        (answer,) = SmokeVisitor().visit(url, AUDIENCE, [get("/health")])
    assert (answer.passed, answer.got) == (False, "no answer: timed out")


@pytest.mark.parametrize("path", ["@127.0.0.2/x", "//127.0.0.2/x", "health", "/health"])
def test_a_path_cannot_lead_to_another_host(revision: Revision, path: str) -> None:
    visited(revision, get(path))
    ((_, asked, _),) = revision.requests
    assert asked == "/" + path.lstrip("/")


@pytest.mark.usefixtures("account")
def test_each_request_carries_a_token_for_the_service(revision: Revision) -> None:
    visitor = SmokeVisitor()
    for _ in range(2):
        visitor.visit(revision.url, AUDIENCE, [get("/health"), get("/text")])
    assert revision.issued == [AUDIENCE]
    assert len(revision.tokens) == 4
    for header in revision.tokens:
        assert header is not None
        token = header.removeprefix("Bearer ")
        assert jwt.decode(token, options={"verify_signature": False})["aud"] == AUDIENCE


@pytest.mark.usefixtures("account")
def test_a_netrc_does_not_replace_the_token(
    revision: Revision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    visited(revision, get("/health"))
    assert str(revision.tokens[0]).startswith("Bearer ")


def test_on_this_machine_nobody_needs_a_token(revision: Revision) -> None:
    (answer,) = visited(revision, get("/health"))
    assert answer.passed
    assert revision.tokens == [None]


def test_elsewhere_a_token_is_needed() -> None:
    with pytest.raises(Broken, match="no ID token"):
        SmokeVisitor().visit("https://api.example", AUDIENCE, [get("/health")])


def test_a_token_never_travels_in_plain_text() -> None:
    with pytest.raises(Broken, match="plain text"):
        SmokeVisitor().visit("http://api.example", AUDIENCE, [get("/health")])
