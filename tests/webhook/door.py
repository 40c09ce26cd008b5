from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client, TestResponse

from bot.webhook import receiver

if TYPE_CHECKING:
    from bot.core.events import Event

SECRETS = ("first-secret", "second-secret")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REPOSITORY = {"id": 7, "full_name": "acme/senior-mhealth"}
INSTALLATION = {"id": 3}
SHA = "a1" * 20


class Door:
    """The receiver with a topic that remembers, spoken to as GitHub would."""

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.trouble: Exception | None = None
        self.ready = True
        self.application = receiver(SECRETS, self._publish, lambda: NOW, lambda: self.ready)
        self.client = Client(self.application)

    def _publish(self, event: Event) -> None:
        if self.trouble:
            raise self.trouble
        self.published.append(event)

    def post(self, body: bytes, event: str = "push", **headers: str) -> TestResponse:
        given = {"X-GitHub-Event": event, "X-GitHub-Delivery": "d-1", **headers}
        return self.client.post(
            "/webhooks/github",
            data=body,
            headers=given,
            environ_overrides={"CONTENT_LENGTH": str(len(body))},
        )

    def deliver(
        self, payload: dict[str, Any] | bytes, event: str = "push", secret: str = SECRETS[0]
    ) -> TestResponse:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.post(body, event, **{"X-Hub-Signature-256": signature(body, secret)})


def signature(body: bytes, secret: str = SECRETS[0]) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def sent(**more: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """What every delivery of an installed App carries."""
    return {
        "repository": REPOSITORY,
        "installation": INSTALLATION,
        "sender": {"login": "writer", "type": "User"},
        **more,
    }


def commented(body: str = "/deploy prod") -> dict[str, Any]:
    return sent(
        action="created",
        issue={"number": 12, "pull_request": {"url": "https://api.example/pulls/12"}},
        comment={"id": 99, "body": body, "created_at": "2026-11-24T11:59:00Z"},
    )


def pushed(ref: str = "refs/heads/main") -> dict[str, Any]:
    return sent(ref=ref, after=SHA, deleted=False)


def pulled(action: str = "opened") -> dict[str, Any]:
    return sent(action=action, pull_request={"number": 12, "head": {"sha": SHA}})


def pressed(identifier: str = "pause", run: str = "0123456789ab/controls/2") -> dict[str, Any]:
    return sent(
        action="requested_action",
        check_run={"id": 5, "name": "deploy / prod · controls", "external_id": run},
        requested_action={"identifier": identifier},
    )


def grouped() -> dict[str, Any]:
    """A pull request that is to be merged into a branch other than the default one."""
    queue = "refs/heads/gh-readonly-queue/release/pr-12-0123abc"
    told = sent(
        action="checks_requested",
        merge_group={"head_sha": SHA, "head_ref": queue, "base_ref": "refs/heads/release"},
    )
    return told | {"repository": {**REPOSITORY, "default_branch": "main"}}
