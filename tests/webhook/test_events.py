from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.core.events import ButtonPressed, CheckPressed, CommentCreated, HeadSeen, Pushed
from bot.core.model import Repository
from bot.ports import Broken, Transient
from tests.webhook.door import NOW, SHA, commented, pressed, pulled, pushed, sent, signature

if TYPE_CHECKING:
    from typing import Any

    from tests.webhook.door import Door

ACME = Repository(7, "acme/senior-mhealth", 3)


def test_a_command_on_a_pull_request_is_published(door: Door) -> None:
    text = "Looks good!\n\n/deploy prod\n/status\n"
    assert door.deliver(commented(text), "issue_comment").status_code == 202
    assert door.published == [
        CommentCreated(
            repository=ACME,
            number=12,
            comment_id=99,
            actor="writer",
            lines=("/deploy prod", "/status"),
            created_at=datetime(2026, 11, 24, 11, 59, tzinfo=UTC),
        )
    ]


def test_a_push_to_a_branch_is_published(door: Door) -> None:
    assert door.deliver(pushed("refs/heads/feature/x")).status_code == 202
    assert door.published == [
        Pushed(
            repository=ACME,
            delivery="d-1",
            branch="feature/x",
            sha=SHA,
            actor="writer",
            received_at=NOW,
        )
    ]


@pytest.mark.parametrize(
    "action", ["opened", "synchronize", "reopened", "ready_for_review", "edited"]
)
def test_a_pull_request_shows_its_head(door: Door, action: str) -> None:
    assert door.deliver(pulled(action), "pull_request").status_code == 202
    by = "writer" if action == "synchronize" else ""
    seen = HeadSeen(repository=ACME, number=12, sha=SHA, by=by, received_at=NOW)
    assert door.published == [seen]


def test_a_push_tells_which_head_it_replaced_and_when(door: Door) -> None:
    payload = pulled("synchronize") | {"before": "b" * 40, "after": SHA}
    payload["pull_request"]["updated_at"] = "2026-03-04T11:59:58Z"
    door.deliver(payload, "pull_request")
    (seen,) = door.published
    assert isinstance(seen, HeadSeen)
    assert seen.before == "b" * 40
    assert seen.happened_at == datetime(2026, 3, 4, 11, 59, 58, tzinfo=UTC)


RERUN = sent(action="rerequested", check_run={"id": 5, "external_id": "0123456789ab/rollback"})


@pytest.mark.parametrize(("payload", "verb"), [(pressed(), "pause"), (RERUN, "deploy")])
def test_a_button_is_published(door: Door, payload: dict[str, Any], verb: str) -> None:
    assert door.deliver(payload, "check_run").status_code == 202
    assert door.published == [
        ButtonPressed(
            repository=ACME,
            delivery="d-1",
            deployment="0123456789ab",
            verb=verb,
            actor="writer",
            received_at=NOW,
        )
    ]


NEEDED = sent(
    action="rerequested",
    check_run={"id": 6, "name": "deploy / live", "external_id": "required #12", "head_sha": SHA},
)
SUITE = sent(action="rerequested", check_suite={"id": 8, "head_sha": SHA})


APPROVED = sent(
    action="requested_action",
    check_run={
        "id": 7,
        "name": "deploy / live · controls",
        "external_id": "waits 7/99/0 #12",
        "head_sha": SHA,
    },
    requested_action={"identifier": "approve"},
)


@pytest.mark.parametrize(
    ("event", "payload", "pressed_on"),
    [
        ("check_run", NEEDED, {"environment": "live", "number": 12}),
        ("check_suite", SUITE, {}),
        ("check_run", APPROVED, {"environment": "live", "number": 12, "verb": "approve"}),
    ],
)
def test_buttons_of_checks_without_a_deployment_are_published(
    door: Door, event: str, payload: dict[str, Any], pressed_on: dict[str, Any]
) -> None:
    assert door.deliver(payload, event).status_code == 202
    told = CheckPressed(
        repository=ACME, delivery="d-1", sha=SHA, actor="writer", received_at=NOW, **pressed_on
    )
    assert door.published == [told]


BOT = {"sender": {"login": "x[bot]", "type": "Bot"}}
IGNORED = {
    "a bot's wish for all checks": ("check_suite", SUITE | BOT),
    "not installed, all checks": ("check_suite", SUITE | {"installation": None}),
    "the button that approves, again": ("check_run", APPROVED | {"action": "rerequested"}),
    "another button where one approves": (
        "check_run",
        APPROVED | {"requested_action": {"identifier": "rollback"}},
    ),
    "a check of another name, again": (
        "check_run",
        NEEDED | {"check_run": NEEDED["check_run"] | {"name": "deploy / live --override"}},
    ),
    "unknown button": ("check_run", pressed("reboot")),
    "the button of another check": ("check_run", pressed("pause", "lint")),
    "running the buttons again": (
        "check_run",
        RERUN | {"check_run": {"id": 5, "external_id": "0123456789ab/controls/1"}},
    ),
    "a check run of ours": ("check_run", pressed() | {"action": "completed"}),
    "bot's button": ("check_run", pressed() | {"sender": {"login": "x[bot]", "type": "Bot"}}),
    "not installed, button": ("check_run", pressed() | {"installation": None}),
    "ping": ("ping", {"zen": "Keep it logically awesome."}),
    "unknown event": ("fork_of_the_future", sent()),
    "no event": ("", sent()),
    "edited comment": ("issue_comment", commented() | {"action": "edited"}),
    "deleted comment": ("issue_comment", commented() | {"action": "deleted"}),
    "plain issue": ("issue_comment", commented() | {"issue": {"number": 12}}),
    "bot's comment": (
        "issue_comment",
        commented() | {"sender": {"login": "x[bot]", "type": "Bot"}},
    ),
    "chatter": ("issue_comment", commented("thanks, I would /deploy this")),
    "quoted command": ("issue_comment", commented("> /deploy prod")),
    "command in code": ("issue_comment", commented("```\n/deploy prod\n```")),
    "comment without text": (
        "issue_comment",
        commented() | {"comment": {"id": 9, "body": None, "created_at": "2026-11-24T11:59:00Z"}},
    ),
    "tag": ("push", pushed("refs/tags/v1")),
    "deleted branch": ("push", pushed() | {"after": "0" * 40, "deleted": True}),
    "closed pull request": ("pull_request", pulled("closed")),
    "label": ("pull_request", pulled("labeled")),
    "not installed, push": ("push", pushed() | {"installation": None}),
    "not installed, comment": ("issue_comment", commented() | {"installation": None}),
    "not installed, head": ("pull_request", pulled() | {"installation": None}),
}


@pytest.mark.parametrize("name", IGNORED)
def test_what_does_not_concern_us_is_ignored(door: Door, name: str) -> None:
    event, payload = IGNORED[name]
    answer = door.deliver(payload, event)
    assert (answer.status_code, answer.data) == (204, b"")
    assert door.published == []


SENSELESS: dict[str, tuple[str, dict[str, Any] | bytes]] = {
    "not JSON": ("push", b"payload=%7B%7D"),
    "no object": ("push", b"[]"),
    "empty": ("push", b""),
    "cut off": ("push", b'{"ref": "refs/heads/main"'),
    "no UTF-8": ("push", b'{"ref": "\xff\xfe"}'),
    "half a surrogate": ("issue_comment", b'{"action": "\\ud800"}'),
    "deep": ("push", b'{"x":' * 100_000),
    "number as text": (
        "pull_request",
        pulled() | {"pull_request": {"number": "1", "head": {"sha": SHA}}},
    ),
    "sha is no sha": ("push", pushed() | {"after": "main"}),
    "sha with a line": ("push", pushed() | {"after": SHA + "\n"}),
    "name with a way out": ("push", pushed() | {"repository": {"id": 7, "full_name": "acme/../x"}}),
    "id too large": ("push", pushed() | {"repository": {"id": 2**70, "full_name": "acme/x"}}),
    "no repository": ("push", {"ref": "refs/heads/main", "after": SHA}),
    "time without zone": (
        "issue_comment",
        commented() | {"comment": {"id": 1, "body": "/help", "created_at": "2026-11-24T11:59:00"}},
    ),
}


@pytest.mark.parametrize("name", SENSELESS)
def test_a_senseless_body_is_refused(door: Door, name: str) -> None:
    event, payload = SENSELESS[name]
    answer = door.deliver(payload, event)
    assert answer.status_code == 400
    assert answer.is_json
    assert door.published == []


@pytest.mark.parametrize("delivery", ["", "x" * 65, "two\u2028lines"])
def test_a_push_without_a_delivery_id_is_refused(door: Door, delivery: str) -> None:
    body = json.dumps(pushed()).encode()
    given = {"X-Hub-Signature-256": signature(body), "X-GitHub-Delivery": delivery}
    assert door.post(body, **given).status_code == 400


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [(Transient("down"), "5"), (Transient("down", 2.2), "3"), (Broken("no topic"), "5")],
)
def test_an_event_that_could_not_be_kept_is_asked_for_again(
    door: Door, trouble: Exception, wait: str
) -> None:
    door.trouble = trouble
    answer = door.deliver(pushed())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, wait)


def test_it_says_when_it_is_not_ready(door: Door) -> None:
    door.ready = False
    answer = door.client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready"})


@pytest.mark.parametrize("length", ["-1", "1.5", "٣", "9" * 65, "ten"])
def test_a_length_must_be_a_number(door: Door, length: str) -> None:
    given = {"CONTENT_LENGTH": length}
    answer = door.client.post("/webhooks/github", environ_overrides=given)
    assert answer.status_code == 400


def test_a_body_shorter_than_its_length_is_refused(door: Door) -> None:
    given = {"CONTENT_LENGTH": "3"}
    answer = door.client.post("/webhooks/github", data=b"{}", environ_overrides=given)
    assert answer.status_code == 400
