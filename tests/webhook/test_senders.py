"""Deliveries that do not say who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.events import ChecksChanged, GroupFormed, HeadSeen, Pushed
from tests.webhook.door import SHA, commented, grouped, pressed, pulled, pushed, sent

if TYPE_CHECKING:
    from typing import Any

    from tests.webhook.door import Door


@pytest.mark.parametrize(
    ("event", "payload", "published"),
    [
        ("push", {**pushed(), "pusher": {"name": "owner"}}, ["owner"]),
        ("push", pushed(), [""]),
        ("pull_request", pulled("synchronize"), [""]),
        ("merge_group", grouped(), ["main"]),
        ("status", sent(sha=SHA, state="success", context="ci"), ["ci"]),
        ("issue_comment", commented(), []),
        ("check_run", pressed(), []),
    ],
)
@pytest.mark.parametrize("told", [{}, {"sender": None}])
def test_what_github_tells_nobody_of_is_heard_all_the_same(
    door: Door, event: str, payload: dict[str, Any], published: list[str], told: dict[str, None]
) -> None:
    """A merge's push comes without a sender now and then, and so does what an account left."""
    without = {key: value for key, value in payload.items() if key != "sender"} | told
    assert door.deliver(without, event).status_code == (202 if published else 204)
    assert [_said(one) for one in door.published] == published


def _said(event: object) -> str:
    match event:
        case Pushed(actor=word) | HeadSeen(by=word) | ChecksChanged(name=word):
            return word
        case GroupFormed(branch=word):
            return word
        case _:
            return "?"
