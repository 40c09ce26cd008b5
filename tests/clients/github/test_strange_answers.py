"""Answers that GitHub does not give, and something between us may: later or never, nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.clients.github.exchange import Answer
from bot.ports import Broken, Transient
from tests.clients.github.scripted import REPOSITORY, Reply, Scripted

FOUND = {"id": REPOSITORY.id, "default_branch": "main"}
LIMITED = {"message": "API rate limit exceeded"}
LATER = "2999-01-01T00:00:00Z"
HEADERS = {
    "no number left": {"X-RateLimit-Remaining": "", "X-RateLimit-Limit": "x"},
    "more left than there are": {"X-RateLimit-Remaining": "inf", "X-RateLimit-Limit": "1"},
    "no time": {"X-RateLimit-Reset": "soon"},
    "no end": {"X-RateLimit-Reset": "nan"},
}
TOKENS = {
    "a list": ["ghs_x"],
    "null": {"token": None, "expires_at": LATER},
    "a number": {"token": 7, "expires_at": LATER},
    "no time": {"token": "ghs_x", "expires_at": "tomorrow"},
    "a time of nowhere": {"token": "ghs_x", "expires_at": "2999-01-01T00:00:00"},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_headers_that_make_no_sense(scripted: Scripted, headers: dict[str, str]) -> None:
    scripted.rest = lambda _: Reply(200, FOUND, headers)
    with pytest.raises(Broken, match="makes no sense"):
        scripted.client.default_branch(REPOSITORY)


@pytest.mark.parametrize("message", [7, ["no"], {"no": 1}, True, None])
def test_a_refusal_that_is_no_text(scripted: Scripted, message: object) -> None:
    scripted.rest = lambda _: Reply(422, {"message": message})
    with pytest.raises(Broken, match=r"GitHub answered 422$"):
        scripted.client.comment(REPOSITORY, 1, "hi")


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_that_is_none(scripted: Scripted, token: object) -> None:
    scripted.mint = lambda _: Reply(201, token)
    with pytest.raises(Broken, match=r"token for installation 3"):
        scripted.client.comment(REPOSITORY, 1, "hi")


@pytest.mark.parametrize("reset", ["1" + "0" * 30, "1795737600000"])
def test_a_limit_that_never_ends_is_one_for_an_hour(scripted: Scripted, reset: str) -> None:
    date = "Tue, 24 Nov 2026 12:00:00 GMT"
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset, "Date": date}
    scripted.rest = lambda _: Reply(403, LIMITED, headers)
    with pytest.raises(Transient) as caught:
        scripted.client.default_branch(REPOSITORY)
    assert caught.value.retry_after == 3600


@pytest.mark.parametrize("wait", ["Wed, 21 Oct 2099 07:28:00 GMT", "soon", "-1"])
def test_a_wait_in_other_words_is_not_waited_for(scripted: Scripted, wait: str) -> None:
    scripted.replies = [Reply(503, b"", {"Retry-After": wait})]
    scripted.rest = lambda _: Reply(200, FOUND)
    assert scripted.client.default_branch(REPOSITORY) == "main"
    assert len(scripted.calls) == 2


def test_a_post_that_leads_to_another_host(scripted: Scripted) -> None:
    elsewhere = {"Location": "http://github.example/repos/acme/app/issues/1/comments"}
    scripted.rest = lambda _: Reply(301, {"message": "Moved"}, elsewhere)
    with pytest.raises(Broken, match="makes no sense"):
        scripted.client.comment(REPOSITORY, 1, "hi")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "noon"])
def test_a_delivery_before_all_times(scripted: Scripted, at: str) -> None:
    one = {"id": 1, "guid": "g", "event": "push", "delivered_at": at, "status_code": 200}
    scripted.rest = lambda _: Reply(200, [one])
    with pytest.raises(Broken, match="makes no sense"):
        scripted.client.attempts(datetime.now(UTC))


def test_a_link_to_nowhere_has_its_parameters() -> None:
    link = '<https://[::1/app?per_page=100&cursor=v1#x>; rel="next"'
    assert Answer("a page", 200, {"link": link}, "").following == {
        "per_page": "100",
        "cursor": "v1",
    }
