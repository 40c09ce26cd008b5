from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from bot.clients.store_sqlite import SqliteStore
from bot.core.events import CommentCreated, Pushed
from bot.engine.receive import receive
from tests.engine.worlds import world
from tests.webhook.door import INSTALLATION, NOW, signature

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.webhook.door import Door

Examples = list[tuple[str, dict[str, "Any"]]]
OURS = {"push", "issue_comment", "pull_request"}
NOTICES = {
    "check_run",
    "check_suite",
    "installation",
    "installation_repositories",
    "merge_group",
    "status",
}


def test_github_sends_what_we_think_it_sends(examples: Examples) -> None:
    assert len(examples) == 329


def test_every_example_is_accepted_or_ignored(door: Door, examples: Examples) -> None:
    answers = [(door.deliver(payload, event).status_code, event) for event, payload in examples]
    assert {status for status, _ in answers} <= {202, 204}
    assert {event for status, event in answers if status == 202} <= OURS | NOTICES


def test_every_tampered_example_is_refused(door: Door, examples: Examples) -> None:
    for event, payload in examples:
        body = json.dumps(payload).encode()
        given = {"X-Hub-Signature-256": signature(body)}
        assert door.post(body + b" ", event, **given).status_code == 401
    assert door.published == []


def test_examples_from_an_installation_are_published(door: Door, examples: Examples) -> None:
    """Most examples were sent to a plain webhook: as an App's they would say so."""
    for event, payload in examples:
        if event in OURS:
            installed = _as_a_command(payload) | {"installation": INSTALLATION}
            expected = 202 if _matters(event, payload) else 204
            assert door.deliver(installed, event).status_code == expected
    kinds = Counter(type(event).__name__ for event in door.published)
    assert kinds == {"Pushed": 2, "CommentCreated": 5, "HeadSeen": 10}


def test_notices_say_that_it_may_be_worth_looking(door: Door, examples: Examples) -> None:
    for event, payload in examples:
        if event in NOTICES:
            given = {"installation": INSTALLATION} | payload
            assert door.deliver(given, event).status_code in {202, 204}
    kinds = Counter(type(event).__name__ for event in door.published)
    assert kinds == {"ChecksChanged": 7, "GroupFormed": 2, "Installed": 5, "TakenAway": 3}


def test_no_example_starts_anything(door: Door, examples: Examples, tmp_path: Path) -> None:
    """Neither as it is, nor as a command from a repository whose rules nobody wrote."""
    for event, payload in examples:
        door.deliver(payload, event)
        if "repository" in payload:
            door.deliver(_as_a_command(payload) | {"installation": INSTALLATION}, event)
    said = Said()
    store = SqliteStore(tmp_path / "store.sqlite")
    made = world(store=store, clock=lambda: NOW, voice=said, publisher=said)
    for event in door.published:
        receive(made, event)
    assert len(door.published) > 15
    asked = [one for one in door.published if isinstance(one, CommentCreated | Pushed)]
    assert [one for one in asked if store.environments(one.repository.id)] == []
    assert said.replies
    assert all("`deploy.yaml` of `main` cannot be used" in reply for reply in said.replies)


class Said:
    """What the bot says, on GitHub and on the topic."""

    def __init__(self) -> None:
        self.replies: list[str] = []

    def react(self, *_told: object) -> None:
        """Take it."""

    def comment(self, _repository: object, _number: int, body: str) -> int:
        """Keep it."""
        self.replies.append(body)
        return len(self.replies)

    def publish(self, *_message: object) -> None:
        """Take it."""


def _matters(event: str, payload: dict[str, Any]) -> bool:
    if event == "push":
        return payload["ref"].startswith("refs/heads/") and not payload["deleted"]
    heads = {"opened", "synchronize", "reopened", "ready_for_review", "edited"}
    return payload["action"] in ({"created"} if event == "issue_comment" else heads)


def _as_a_command(payload: dict[str, Any]) -> dict[str, Any]:
    """No example is a comment on a pull request."""
    if "comment" not in payload or "issue" not in payload:
        return payload
    issue = payload["issue"] | {"pull_request": {"url": "https://api.example/pulls/1"}}
    return payload | {"issue": issue, "comment": payload["comment"] | {"body": "/deploy prod"}}
