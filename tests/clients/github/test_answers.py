"""Answers that the local GitHub never gives, and GitHub does."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.clients.github import download
from bot.ports import Broken, Transient
from tests.clients.github.scripted import REPOSITORY, Reply, Request

if TYPE_CHECKING:
    from tests.clients.github.scripted import Scripted

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TAR = bytes(range(256)) * 4096


def test_trees_that_github_cuts_off_are_walked(scripted: Scripted) -> None:
    trees = {
        "c" * 40: [("services", "1"), ("deploy.yaml", "2")],
        "1": [("api", "3"), ("ai", "4")],
    }

    def answer(request: Request) -> Reply:
        sha, _, query = request.path.rpartition("/")[2].partition("?")
        entries = [{"path": path, "type": "x", "sha": name} for path, name in trees[sha]]
        whole = not query
        return Reply(200, {"tree": entries if whole else [], "truncated": not whole})

    scripted.rest = answer
    wanted = ["services/api", "services/ai", "services/none", "deploy.yaml"]
    found = scripted.client.trees(REPOSITORY, "c" * 40, wanted)
    assert found == {"services/api": "3", "services/ai": "4", "deploy.yaml": "2"}
    assert len(scripted.calls) == 3


@pytest.mark.parametrize(
    ("told", "role"),
    [
        ({"permission": "write", "role_name": "maintain"}, "maintain"),
        ({"permission": "write", "role_name": "release-crew"}, "write"),
        ({"permission": "read"}, "read"),
        ({"permission": "new-word", "role_name": "release-crew"}, "none"),
    ],
)
def test_roles_of_an_organization(scripted: Scripted, told: dict[str, str], role: str) -> None:
    scripted.replies = [Reply(200, told)]
    assert scripted.client.permission(REPOSITORY, "someone") == role


def test_no_name_leads_to_another_address(scripted: Scripted) -> None:
    scripted.rest = lambda _: Reply(404, {"message": "Not Found"})
    for name in ("..", ".", "../../../user", "a/../../b"):
        assert scripted.client.permission(REPOSITORY, name) == "none"
        assert scripted.client.branch_head(REPOSITORY, name) is None
        assert scripted.client.file(REPOSITORY, name, "a" * 40) is None
        assert not scripted.client.contains(REPOSITORY, "a" * 40, name)
    ours = ("GET /repos/acme/app/", "GET /repositories/7")
    assert all(call.startswith(ours) for call in scripted.calls)
    assert not any("/../" in call for call in scripted.calls)


def test_a_comment_without_its_app_is_told_by_the_bots_name(scripted: Scripted) -> None:
    comments = [
        {"id": 1, "body": "m", "user": {"login": "ours[bot]", "type": "User"}},
        {"id": 2, "body": "m", "user": {"login": "other[bot]", "type": "Bot"}},
        {"id": 3, "body": "m", "user": None},
        {"id": 4, "body": "m", "performed_via_github_app": {"id": 2}},
        {"id": 5, "body": "m", "user": {"login": "ours[bot]", "type": "Bot"}},
    ]
    scripted.rest = lambda request: Reply(
        200, {"slug": "ours"} if request.path == "/app" else comments
    )
    assert scripted.client.find_comment(REPOSITORY, 1, "m", LONG_AGO) == 5


def test_a_fork_that_is_gone(scripted: Scripted) -> None:
    scripted.replies = [
        Reply(
            200,
            {
                "number": 1,
                "title": "t",
                "state": "open",
                "head": {"sha": "a" * 40, "repo": None},
                "base": {"ref": "main", "repo": {"default_branch": "main"}},
            },
        )
    ]
    pull = scripted.client.pull_request(REPOSITORY, 1)
    assert pull is not None
    assert pull.head_repository == 0


@pytest.mark.parametrize("payload", [{"spillway": "d"}, '{"spillway": "d"}'])
def test_a_payload_may_be_text(scripted: Scripted, payload: object) -> None:
    strange: tuple[object, ...] = ("", "no JSON", [], None, {"spillway": "x"})
    others = [{"id": 1, "payload": other} for other in strange]
    scripted.replies = [Reply(200, [*others, {"id": 2, "payload": payload}])]
    assert scripted.client.find_deployment(REPOSITORY, "a" * 40, "prod", "d") == 2


def test_an_archive_comes_in_pieces(scripted: Scripted) -> None:
    scripted.replies = [_link(scripted), Reply(200, TAR)]
    pieces = list(scripted.client.archive(REPOSITORY, "a" * 40))
    assert b"".join(pieces) == TAR
    assert max(map(len, pieces)) <= 256 * 1024
    assert [bool(request.token) for request in scripted.requests] == [True, False]


def test_a_packed_answer_is_not_unpacked(scripted: Scripted) -> None:
    scripted.replies = [_link(scripted), Reply(200, TAR, {"Content-Type": "application/x-gzip"})]
    assert b"".join(scripted.client.archive(REPOSITORY, "a" * 40)) == TAR


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(200, TAR, {"Content-Length": str(len(TAR) + 1), "Connection": "close"}), Transient),
        (Reply(dropped=True), Transient),
        (Reply(502, b""), Transient),
        (Reply(429, b""), Transient),
        (Reply(404, b""), Broken),
    ],
    ids=["broken off", "dropped", "502", "429", "404"],
)
def test_an_archive_that_fails_says_so_without_its_link(
    scripted: Scripted, reply: Reply, kind: type[Exception]
) -> None:
    scripted.replies = [_link(scripted), reply]
    with pytest.raises(kind) as caught:
        list(scripted.client.archive(REPOSITORY, "a" * 40))
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (Reply(503, b"", {"Retry-After": "7"}), 7),
        (Reply(429, b"", {"Retry-After": "90"}), 90),
        (Reply(429, b""), 60),
        (Reply(502, b""), None),
    ],
)
def test_an_archive_is_asked_for_again_when_github_wants_it(
    scripted: Scripted, reply: Reply, wait: float | None
) -> None:
    scripted.replies = [_link(scripted), reply]
    with pytest.raises(Transient) as caught:
        list(scripted.client.archive(REPOSITORY, "a" * 40))
    assert caught.value.retry_after == wait


def test_an_archive_that_trickles_in_is_given_up(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "LONGEST", 0.0)
    over = threading.Event()
    scripted.replies = [_link(scripted), Reply(200, b"half of it", trickling=over)]
    with pytest.raises(Transient, match="took more than"):
        list(scripted.client.archive(REPOSITORY, "a" * 40))
    over.set()


@pytest.mark.parametrize("location", ["", "ftp://x/y", "/relative"])
def test_an_archive_without_a_link_is_broken(scripted: Scripted, location: str) -> None:
    scripted.replies = [Reply(302, b"", {"Location": location})]
    with pytest.raises(Broken, match="link"):
        next(scripted.client.archive(REPOSITORY, "a" * 40))


def _link(scripted: Scripted) -> Reply:
    return Reply(302, b"", {"Location": f"{scripted.url}/codeload?token=canary"})
