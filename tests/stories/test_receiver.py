"""What comes to the receiver's door: GitHub once, GitHub again, and those who are not GitHub."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from localcloud.bot_environment import webhook_secret
from tests.stories import services
from tests.stories.app import spillway
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from tests.stories.people import Repository

LARGEST = 25 * 1024 * 1024
SECRET_WORD = "rosebud"
HELP = [
    "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}",
    "GET /repos/{owner}/{repo}/branches/{branch}",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
]
"""All that `/help` asks of GitHub where deploy.yaml of that commit was read before."""
SIGNED, TAMPERED, UNSIGNED = "signed", "tampered", "unsigned"
STRANGERS = {
    "not signed": ("push", {"said": SECRET_WORD}, UNSIGNED, 401),
    "changed on the way": ("push", {"said": SECRET_WORD}, TAMPERED, 401),
    "no JSON": ("push", f"said={SECRET_WORD}", SIGNED, 400),
    "not what a push is": ("push", {"ref": SECRET_WORD}, SIGNED, 400),
    "an event that is new to us": ("sponsorship", {"said": SECRET_WORD}, SIGNED, 204),
}


def knock(cloud: Cloud, event: str, body: bytes, signature: str | None) -> tuple[int, str]:
    """Deliver something by hand; returns the status, and the line that the receiver logged."""
    delivery = str(uuid.uuid4())
    headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery}
    if signature is not None:
        headers["X-Hub-Signature-256"] = signature
    connection = HTTPConnection(urlsplit(cloud.receiver.url).netloc, timeout=10)
    connection.request("POST", "/webhooks/github", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status, logged(cloud, delivery)


def signed(cloud: Cloud, body: bytes) -> str:
    """GitHub's signature."""
    key = webhook_secret(cloud.state).encode()
    return f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"


def log_of(cloud: Cloud) -> str:
    """All that the receiver has logged."""
    assert cloud.receiver.log is not None
    return cloud.receiver.log.read_text(encoding="utf-8")


def logged(cloud: Cloud, delivery: str) -> str:
    """The receiver's line about a delivery."""
    lines = eventually(
        lambda: [line for line in log_of(cloud).splitlines() if delivery in line],
        len,
        f"a line about delivery {delivery}",
    )
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(("event", "content", "how", "status"), STRANGERS.values(), ids=STRANGERS)
def test_who_is_not_github_is_turned_away_and_not_repeated(
    cloud: Cloud, event: str, content: object, how: str, status: int
) -> None:
    body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    right = signed(cloud, body)
    wrong = signed(cloud, body.replace(b"r", b"R"))
    given = {SIGNED: right, TAMPERED: wrong, UNSIGNED: None}[how]
    answered, line = knock(cloud, event, body, given)
    assert answered == status
    assert str(status) in line
    assert SECRET_WORD not in log_of(cloud)


def test_what_is_too_large_is_not_even_read(cloud: Cloud) -> None:
    connection = HTTPConnection(urlsplit(cloud.receiver.url).netloc, timeout=10)
    connection.putrequest("POST", "/webhooks/github")
    connection.putheader("Content-Length", str(LARGEST + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_what_github_delivers_again_changes_nothing(
    cloud: Cloud, repository: Callable[..., Repository]
) -> None:
    made = repository(prod="{steps: [100]}").in_staging()
    pull = made.pull_request({"notes.md": "a change\n"})
    pull.reacted(pull.comment("/deploy prod"), "rocket")
    before = eventually(made.cost, lambda paid: paid[-1].endswith("/reactions"), "the last word")
    app, said = spillway(cloud), pull.replies()

    for event in ("issue_comment", "push", "pull_request"):
        app.redeliver(next(each for each in app.deliveries(event) if each["status_code"] == 202))
        assert app.deliveries(event)[0]["redelivery"]
    pull.reacted(pull.comment("/help"), "rocket")

    assert pull.replies()[:-1] == said
    assert len(made.checks(pull.sha, "prod")) == 1
    assert made.cost()[len(before) :] == HELP


def test_an_old_push_that_somebody_sends_again_under_a_new_name_deploys_nothing(
    cloud: Cloud, repository: Callable[..., Repository]
) -> None:
    made = repository().in_staging()
    old = made.git("rev-parse", "HEAD")
    new = made.commit({"web/app.py": services.good("second")})
    made.push()
    assert made.concluded(new, "staging")["conclusion"] == "success"

    replayed = {
        "ref": "refs/heads/main",
        "after": old,
        "repository": {"id": made.call("GET", "")["id"], "full_name": made.full_name},
        "installation": {"id": cloud.github.install("spillway", made.full_name)},
        "sender": {"login": "owner"},
    }
    body = json.dumps(replayed).encode()
    assert knock(cloud, "push", body, signed(cloud, body))[0] == 202
    pull = made.pull_request({"notes.md": "what runs now?\n"})
    said = pull.answer(pull.comment("/status staging"))
    assert f"`{new[:7]}`" in said
    assert len(made.checks(old, "staging")) == 1


def test_what_was_said_while_the_receiver_was_down_is_heard_all_the_same(
    cloud: Cloud, repository: Callable[..., Repository]
) -> None:
    pull = repository().in_staging().pull_request({"notes.md": "a change\n"})
    cloud.receiver.kill()
    asked = pull.comment("/help")
    assert cloud.github.deliveries_idle(15)
    assert spillway(cloud).deliveries("issue_comment")[0]["status_code"] not in range(200, 300)
    cloud.receiver.start()
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    assert len(pull.replies()) == 1
