"""Errors that are not worded as Google's are known by their status all the same."""

from __future__ import annotations

import pytest

from bot.clients.storage import StorageSources
from bot.ports import Broken
from tests.clients.answering import answering

BODIES = {"a text": b'{"error": "invalid_grant"}', "null": b"null", "no end": b"[" * 100_000}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_refusal_that_says_something_else_is_broken(body: bytes) -> None:
    with answering() as server:
        server.status, server.body = 403, body
        with pytest.raises(Broken, match="Cloud Storage: 403"):
            StorageSources("sources", server.url).put("1/a.tar.gz", iter(()))
