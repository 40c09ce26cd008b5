from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.webhook import receiver
from tests.webhook.door import NOW, SECRETS, commented, pushed, signature

if TYPE_CHECKING:
    from typing import Any

    from tests.webhook.door import Door

BODY = json.dumps(pushed()).encode()
GOOD = signature(BODY)


@pytest.mark.parametrize("secret", SECRETS)
def test_any_live_secret_may_have_signed(door: Door, secret: str) -> None:
    assert door.deliver(pushed(), secret=secret).status_code == 202
    assert len(door.published) == 1


@pytest.mark.parametrize(
    "given",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        GOOD.upper(),
        GOOD[:-1],
        GOOD + "0",
        GOOD.removeprefix("sha256="),
        GOOD.replace("sha256=", "sha1="),
        signature(BODY, "an-old-secret"),
        signature(BODY, ""),
        "sha256=é" + "0" * 63,
    ],
)
def test_a_wrong_signature_is_refused(door: Door, given: str) -> None:
    assert door.post(BODY, **{"X-Hub-Signature-256": given}).status_code == 401
    assert door.published == []


def test_a_missing_signature_is_refused(door: Door) -> None:
    assert door.post(BODY).status_code == 401


def test_the_old_sha1_signature_does_not_count(door: Door) -> None:
    assert door.post(BODY, **{"X-Hub-Signature": GOOD}).status_code == 401


@pytest.mark.parametrize("changed", [BODY + b" ", BODY[:-1], BODY.replace(b"main", b"prod"), b""])
def test_a_tampered_body_is_refused(door: Door, changed: bytes) -> None:
    assert door.post(changed, **{"X-Hub-Signature-256": GOOD}).status_code == 401


def test_neither_body_nor_signature_nor_secret_is_logged_or_echoed(
    door: Door, log_lines: list[Any]
) -> None:
    payload = commented("/deploy prod canary-word")
    answers = [
        door.deliver(payload, "issue_comment"),
        door.deliver(payload, "issue_comment", secret="wrong"),
        door.deliver(b"canary-word", "issue_comment"),
    ]
    assert [answer.status_code for answer in answers] == [202, 401, 400]
    told = repr(log_lines) + "".join(answer.text for answer in answers)
    assert len(log_lines) == 3
    for word in ("canary-word", "sha256=", *SECRETS):
        assert word not in told


def test_every_delivery_leaves_one_line(door: Door, log_lines: list[Any]) -> None:
    door.deliver(pushed())
    door.deliver({}, "ping")
    seen = [(x["delivery"], x["event_name"], x["status"], x["outcome"]) for x in log_lines]
    assert seen == [("d-1", "push", 202, "Accepted"), ("d-1", "ping", 204, "No Content")]


@pytest.mark.parametrize("secrets", [(), ("",), ("good", "")])
def test_an_empty_secret_is_an_error_at_the_start(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="secret"):
        receiver(secrets, lambda _: None, lambda: NOW, lambda: True)
