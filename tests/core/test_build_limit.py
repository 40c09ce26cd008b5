"""A build may take as long as its own file lets it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.build_limit import build_limit


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("", 130),
        ("steps: []", 130),
        ("timeout: 7200s", 190),
        ("timeout: 600s\nqueueTtl: 300.5s", 25),
        ("timeout: 600s\nqueue_ttl: 300s", 25),
        ("timeout: 999999999s", 24 * 60 + 70),
        ("timeout: 600", 130),
        ("timeout: [1]\n", 130),
        ("{", 130),
        ("- a", 130),
    ],
)
def test_it_may_queue_and_run_as_long_as_it_says(text: str, minutes: int) -> None:
    assert build_limit(text) == timedelta(minutes=minutes)
