"""What GitHub could not deliver to our App, and having it delivered again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.clients.github.acme import Acme


def test_attempts_are_read_and_made_again(acme: Acme) -> None:
    acme.pull("missed")
    assert acme.server.deliveries_idle(10)
    failed = acme.client.attempts()
    newest = max(failed, key=lambda attempt: attempt.id)
    assert {attempt.taken for attempt in failed} == {False}, "nobody listens there"
    assert "pull_request" in {attempt.event for attempt in failed}

    acme.client.again(newest.id)

    assert acme.server.deliveries_idle(10)
    again = [attempt for attempt in acme.client.attempts() if attempt.guid == newest.guid]
    assert len(again) == 2


def test_every_page_is_read_up_to_a_few_hundred(acme: Acme) -> None:
    attempts = acme.client.attempts()
    for _ in range(110):
        acme.client.again(attempts[0].id)
    assert acme.server.deliveries_idle(30)
    assert 110 < len({attempt.id for attempt in acme.client.attempts()}) <= 300


def test_what_github_has_forgotten_is_left_at_that(acme: Acme) -> None:
    acme.client.again(2**40)
