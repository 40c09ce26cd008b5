"""No error's text, which ends on a pull request, tells a token, a link's query or a page."""

from __future__ import annotations

import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.clients.github import GitHubClient, session
from bot.ports import Broken, Transient
from tests.clients.github.scripted import DROPPED, KEY, REPOSITORY, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clients.github.scripted import Scripted

CANARY = "canary-token"
LINK = f"https://codeload.test/x?token={CANARY}"
MINTED = Reply(201, {"token": f"ghs_{CANARY}", "expires_at": "2999-01-01T00:00:00Z"})
REPLIES = {
    "dropped": DROPPED,
    "502 in HTML": Reply(502, f"<html><a href='{LINK}'>Unicorn!</a></html>".encode()),
    "403 in JSON": Reply(403, {"message": f"No.\r\nSee\x1b[31m {LINK} {'and so on ' * 100}"}),
    "403 in HTML": Reply(403, f"<html>{LINK}</html>".encode()),
    "201 in HTML": Reply(201, f"<html>{LINK}</html>".encode()),
}
CALLS: dict[str, Callable[[GitHubClient], object]] = {
    "read": lambda client: client.file(REPOSITORY, "deploy.yaml", "a" * 40),
    "write": lambda client: client.comment(REPOSITORY, 1, "hi"),
}


def check(error: BaseException) -> None:
    """Find nothing to hide in an error, nor in what a log prints of it."""
    printed = "".join(traceback.format_exception(error))
    for told in (CANARY, "token=", "ref=", "<html", "\x1b"):
        assert told not in printed
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 300


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("reply", REPLIES)
def test_a_bad_answer_is_told_without_what_it_holds(
    scripted: Scripted, reply: str, call: str
) -> None:
    scripted.mint = lambda _: MINTED
    scripted.rest = lambda _: REPLIES[reply]
    with pytest.raises((Transient, Broken)) as caught:
        CALLS[call](scripted.client)
    assert CANARY in scripted.requests[0].token
    check(caught.value)


@pytest.mark.parametrize("reply", REPLIES)
def test_a_token_that_cannot_be_minted_is_told_likewise(scripted: Scripted, reply: str) -> None:
    scripted.mint = lambda _: REPLIES[reply]
    with pytest.raises((Transient, Broken)) as caught:
        scripted.client.default_branch(REPOSITORY)
    check(caught.value)


@pytest.mark.parametrize("call", CALLS)
def test_silence_is_told_by_its_name(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    over = threading.Event()
    scripted.mint = lambda _: MINTED
    scripted.rest = lambda _: replace(DROPPED, dropped=bool(over.wait(20)))
    monkeypatch.setattr(session, "TIMEOUT", 1)
    with pytest.raises(Transient, match=r"ReadTimeout|ConnectionError") as caught:
        CALLS[call](scripted.client)
    over.set()
    check(caught.value)


@pytest.mark.parametrize("call", CALLS)
def test_nobody_there_is_told_by_its_name(call: str) -> None:
    with pytest.raises(Transient, match="ConnectionError") as caught:
        CALLS[call](GitHubClient(1, KEY, "http://127.0.0.1:1"))
    check(caught.value)
