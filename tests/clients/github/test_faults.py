from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.core.github import CheckRun
from bot.ports import Broken, OtherCommit, Transient
from tests.clients.github.scripted import DROPPED, MADE, REPOSITORY, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clients.github.scripted import Scripted

BAD_GATEWAY = Reply(502, b"<html>Unicorn!</html>")
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait."}
DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
AT_DATE = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp())
CHECK = CheckRun(
    name="deploy / prod", sha="a" * 40, external_id="d", status="queued", title="t", summary="s"
)
WRITES: dict[str, Callable[[Scripted], object]] = {
    "comment": lambda s: s.client.comment(REPOSITORY, 1, "hi"),
    "check run": lambda s: s.client.create_check_run(REPOSITORY, CHECK),
    "deployment": lambda s: s.client.create_deployment(REPOSITORY, "a" * 40, "prod", "d"),
    "status": lambda s: s.client.deployment_status(REPOSITORY, 1, "success", "", ""),
    "reaction": lambda s: s.client.react(REPOSITORY, 1, "eyes"),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("reply", [BAD_GATEWAY, DROPPED], ids=["502", "dropped"])
def test_what_may_have_been_made_is_not_made_again(
    scripted: Scripted, name: str, reply: Reply
) -> None:
    scripted.replies = [reply]
    with pytest.raises(Transient):
        WRITES[name](scripted)
    assert len(scripted.calls) == 1


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    "reply",
    [Reply(202, {"message": "Auto-merged main"}), Reply(201, b"<html>"), Reply(200, {"id": None})],
    ids=["202", "html", "no id"],
)
def test_what_has_no_id_was_not_made(scripted: Scripted, name: str, reply: Reply) -> None:
    scripted.replies = [reply]
    with pytest.raises(Broken):
        WRITES[name](scripted)


@pytest.mark.parametrize("reply", [BAD_GATEWAY, DROPPED], ids=["502", "dropped"])
def test_questions_and_edits_are_tried_once_more(scripted: Scripted, reply: Reply) -> None:
    scripted.replies = [
        reply,
        Reply(200, {"id": REPOSITORY.id, "default_branch": "main"}),
        reply,
        Reply(200, {"id": 1}),
    ]
    assert scripted.client.default_branch(REPOSITORY) == "main"
    scripted.client.edit_comment(REPOSITORY, 1, "hi")
    assert (
        scripted.calls
        == ["GET /repos/acme/app"] * 2 + ["PATCH /repos/acme/app/issues/comments/1"] * 2
    )


def test_when_it_lasts_it_is_left_to_the_caller(scripted: Scripted) -> None:
    scripted.rest = lambda _: BAD_GATEWAY
    with pytest.raises(Transient, match="502"):
        scripted.client.default_branch(REPOSITORY)
    assert len(scripted.calls) == 2


def test_a_connection_that_always_breaks_is_transient(scripted: Scripted) -> None:
    scripted.replies = [DROPPED, DROPPED]
    with pytest.raises(Transient, match="ConnectionError"):
        scripted.client.default_branch(REPOSITORY)


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (Reply(403, SECONDARY, {"Retry-After": "30"}), 30),
        (Reply(403, SECONDARY), 60),
        (Reply(429, {"message": "slow down"}, {"Retry-After": "7"}), 7),
        (Reply(429, {"message": "slow down"}), 60),
        (Reply(503, b"", {"Retry-After": "90"}), 90),
        (
            Reply(
                403,
                {"message": "API rate limit exceeded"},
                {
                    "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": str(AT_DATE + 900),
                    "Date": DATE,
                },
            ),
            901,
        ),
    ],
    ids=["secondary", "secondary, untold", "429", "429, untold", "503", "primary"],
)
@pytest.mark.parametrize("verb", ["GET", "PATCH", "POST"])
def test_a_rate_limit_is_left_to_the_caller_with_its_wait(
    scripted: Scripted, verb: str, reply: Reply, wait: float
) -> None:
    scripted.rest = lambda _: reply
    with pytest.raises(Transient) as caught:
        _call(scripted, verb)
    assert caught.value.retry_after == pytest.approx(wait)
    assert len(scripted.calls) == 1


@pytest.mark.parametrize(("verb", "status"), [("GET", 429), ("GET", 503), ("PATCH", 403)])
def test_a_short_wait_is_waited_for(scripted: Scripted, verb: str, status: int) -> None:
    scripted.replies = [Reply(status, SECONDARY, {"Retry-After": "1"})]
    scripted.rest = lambda _: Reply(200, {"id": REPOSITORY.id, "default_branch": "main"})
    _call(scripted, verb)
    assert len(scripted.calls) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 422, 451])
def test_other_refusals_are_broken(scripted: Scripted, status: int) -> None:
    scripted.rest = lambda _: Reply(status, {"message": "Resource not accessible by integration"})
    with pytest.raises(Broken, match=rf"{status} \(Resource not accessible"):
        scripted.client.default_branch(REPOSITORY)
    again = ["GET /repositories/7"] if status in {403, 404, 410} else []
    assert scripted.calls == ["GET /repos/acme/app", *again]


def test_a_renamed_repository_is_found_by_its_id(scripted: Scripted) -> None:
    def answer(request: Request) -> Reply:
        if request.path.startswith("/repos/acme/app"):
            status = 301 if request.method == "GET" else 307
            location = request.path.replace("/repos/acme/app", "/repositories/7").split("?")[0]
            return Reply(status, {"message": "Moved"}, {"Location": scripted.url + location})
        if request.path == "/repositories/7":
            return Reply(200, {"full_name": "acme/new"})
        return MADE if request.method == "POST" else Reply(200, {"type": "symlink", "sha": "a"})

    scripted.rest = answer
    assert scripted.client.comment(REPOSITORY, 1, "hi") == 5
    scripted.client.file(REPOSITORY, "deploy.yaml", "a" * 40)
    assert scripted.calls == [
        "POST /repos/acme/app/issues/1/comments",
        "GET /repositories/7",
        "POST /repos/acme/new/issues/1/comments",
        f"GET /repos/acme/new/contents/deploy.yaml?ref={'a' * 40}",
    ]


def test_a_repository_that_always_moves_is_broken(scripted: Scripted) -> None:
    scripted.rest = lambda request: (
        Reply(200, {"full_name": "acme/app"})
        if request.path == "/repositories/7"
        else Reply(307, {"message": "Moved"}, {"Location": "/repositories/7"})
    )
    with pytest.raises(Broken, match="307"):
        scripted.client.comment(REPOSITORY, 1, "hi")
    assert len(scripted.calls) == 3


def test_a_deployment_of_another_commit_is_noticed(scripted: Scripted) -> None:
    with pytest.raises(OtherCommit, match="is of aaaaaaa and not of bbbbbbb") as other:
        scripted.client.create_deployment(REPOSITORY, "b" * 40, "prod", "d")
    assert (other.value.made, other.value.sha) == (5, "a" * 40)


def test_github_merges_nothing_and_waits_for_no_check(scripted: Scripted) -> None:
    scripted.client.create_deployment(REPOSITORY, "a" * 40, "prod", "d")
    body = scripted.requests[0].body
    assert (body["auto_merge"], body["required_contexts"]) == (False, [])


def _call(scripted: Scripted, verb: str) -> None:
    match verb:
        case "GET":
            scripted.client.default_branch(REPOSITORY)
        case "PATCH":
            scripted.client.edit_comment(REPOSITORY, 1, "hi")
        case _:
            scripted.client.comment(REPOSITORY, 1, "hi")
