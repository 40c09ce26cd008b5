from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from tests.webhook.door import INSTALLATION, signature

if TYPE_CHECKING:
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
    assert kinds == {"ChecksChanged": 11, "GroupFormed": 2, "Installed": 5}


def _matters(event: str, payload: dict[str, Any]) -> bool:
    if event == "push":
        return payload["ref"].startswith("refs/heads/") and not payload["deleted"]
    heads = {"opened", "synchronize", "reopened", "ready_for_review", "edited"}
    return payload["action"] in ({"created"} if event == "issue_comment" else heads)


def _as_a_command(payload: dict[str, Any]) -> dict[str, Any]:
    """No example is a comment on a pull request."""
    if "comment" not in payload:
        return payload
    issue = payload["issue"] | {"pull_request": {"url": "https://api.example/pulls/1"}}
    return payload | {"issue": issue, "comment": payload["comment"] | {"body": "/deploy prod"}}
