"""What GitHub could not deliver to our App, and having it delivered again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from bot.clients.github.deliveries import MOST_PAGES, Deliveries
from bot.clients.github.exchange import Answer

if TYPE_CHECKING:
    from bot.clients.github.exchange import Call
    from bot.clients.github.session import Session
    from tests.clients.github.acme import Acme

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_attempts_are_read_and_made_again(acme: Acme) -> None:
    acme.pull("missed")
    assert acme.server.deliveries_idle(10)
    failed = acme.client.attempts(NOON)
    newest = max(failed, key=lambda attempt: attempt.id)
    assert {attempt.taken for attempt in failed} == {False}, "nobody listens there"
    assert "pull_request" in {attempt.event for attempt in failed}

    acme.client.again(newest.id)

    assert acme.server.deliveries_idle(10)
    again = [attempt for attempt in acme.client.attempts(NOON) if attempt.guid == newest.guid]
    assert len(again) == 2


def test_every_page_is_read(acme: Acme) -> None:
    attempts = acme.client.attempts(NOON)
    for _ in range(110):
        acme.client.again(attempts[0].id)
    assert acme.server.deliveries_idle(30)
    assert len({attempt.id for attempt in acme.client.attempts(NOON)}) > 110


def test_what_github_has_forgotten_is_left_at_that(acme: Acme) -> None:
    acme.client.again(2**40)


class Busy(Deliveries):
    """An App that gets a hundred deliveries each five minutes, newest first."""

    def __init__(self) -> None:
        """Answer as GitHub does, page after page without an end."""
        self._session = cast("Session", self)
        self.pages = 0

    def ask_as_app(self, call: Call) -> Answer:
        """Return the page that begins at the cursor."""
        page = int(call.parameters.get("cursor", 0))
        self.pages += 1
        at = (NOON - timedelta(minutes=5 * page)).isoformat()
        one = {"id": page, "guid": f"g{page}", "event": "push", "delivered_at": at}
        text = json.dumps([{**one, "status_code": 200}])
        link = f'<https://api.example/app/hook/deliveries?cursor={page + 1}>; rel="next"'
        return Answer("a page", 200, {"link": link}, text)


@pytest.mark.parametrize(("minutes", "pages"), [(0, 3), (60, 14), (10_000, MOST_PAGES)])
def test_what_failed_lately_is_found_among_however_many(minutes: int, pages: int) -> None:
    busy = Busy()
    found = busy.attempts(NOON - timedelta(minutes=minutes))
    assert busy.pages == len(found) == pages
