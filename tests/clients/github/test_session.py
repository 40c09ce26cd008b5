from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier, Event
from typing import TYPE_CHECKING

import pytest
from github.Requester import HTTPRequestsConnectionClass, RequestsResponse

from bot.clients.github import GitHubClient
from bot.clients.github.session import CONNECTIONS
from bot.core.github import CheckRun
from bot.core.model import Repository
from bot.ports import Broken, Transient
from tests.clients.github.scripted import KEY, MADE, REPOSITORY, Reply, Request

if TYPE_CHECKING:
    from tests.clients.github.acme import Acme
    from tests.clients.github.scripted import Scripted

THREADS = 8
UNAUTHORIZED = Reply(401, {"message": "Bad credentials"})


def test_threads_share_a_token(scripted: Scripted) -> None:
    together = Barrier(THREADS, timeout=10)

    def ask(_: int) -> int:
        together.wait()
        return scripted.client.comment(REPOSITORY, 1, "hi")

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(ask, range(THREADS))) == [5] * THREADS
    assert scripted.minted == 1


def test_many_repositories_hold_few_connections(scripted: Scripted) -> None:
    """Each repository has its token, and so its connection: one of many needs none for long."""
    for number in range(3 * CONNECTIONS):
        scripted.client.comment(Repository(number + 1, "acme/app", 3), 1, "hi")
    assert scripted.at_most(CONNECTIONS)


def test_threads_never_send_each_others_requests(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyGithub keeps a request on its connection before it sends it: hold all of them there."""
    scripted.rest = lambda request: Reply(201, {"id": int(request.body["body"])})
    scripted.client.comment(REPOSITORY, 1, "99")
    together = Barrier(THREADS, timeout=10)
    send = HTTPRequestsConnectionClass.getresponse

    def held(connection: HTTPRequestsConnectionClass) -> RequestsResponse:
        together.wait()
        return send(connection)

    monkeypatch.setattr(HTTPRequestsConnectionClass, "getresponse", held)
    with ThreadPoolExecutor(THREADS) as pool:
        speak = [
            pool.submit(scripted.client.comment, REPOSITORY, 1, str(number))
            for number in range(THREADS)
        ]
        assert [said.result() for said in speak] == list(range(THREADS))


def test_a_token_that_was_revoked_is_replaced_once(scripted: Scripted) -> None:
    def answer(request: Request) -> Reply:
        return UNAUTHORIZED if request.token == "ghs_token1" else MADE

    scripted.rest = answer
    assert scripted.client.comment(REPOSITORY, 1, "hi") == 5
    assert [request.token for request in scripted.requests] == ["ghs_token1", "ghs_token2"]
    assert scripted.client.comment(REPOSITORY, 1, "hi") == 5
    assert scripted.minted == 2


def test_tokens_that_never_work_are_broken(scripted: Scripted) -> None:
    scripted.rest = lambda _: UNAUTHORIZED
    with pytest.raises(Broken, match="401"):
        scripted.client.comment(REPOSITORY, 1, "hi")
    assert len(scripted.requests) == 2


def test_a_token_about_to_expire_is_replaced(scripted: Scripted) -> None:
    scripted.mint = lambda number: Reply(
        201, {"token": f"ghs_token{number}", "expires_at": "2020-01-01T00:00:00Z"}
    )
    for _ in range(2):
        scripted.client.comment(REPOSITORY, 1, "hi")
    assert scripted.minted >= 2


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(404, {"message": "Not Found"}), Broken),
        (UNAUTHORIZED, Broken),
        (Reply(201, {}), Broken),
        (Reply(502, b""), Transient),
        (Reply(403, {"message": "x"}, {"Retry-After": "9"}), Transient),
        (Reply(dropped=True), Transient),
    ],
    ids=["404", "401", "empty", "502", "rate limit", "dropped"],
)
def test_without_a_token_nothing_is_asked(
    scripted: Scripted, reply: Reply, kind: type[Exception]
) -> None:
    scripted.mint = lambda _: reply
    with pytest.raises(kind, match="token for installation 3"):
        scripted.client.permission(REPOSITORY, "owner")
    assert scripted.requests == []


def test_silence_ends(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clients.github.session.TIMEOUT", 1)
    done = Event()

    def wait(_: Request) -> Reply:
        done.wait(10)
        return Reply(dropped=True)

    scripted.rest = wait
    try:
        with pytest.raises(Transient):
            GitHubClient(1, KEY, scripted.url).comment(REPOSITORY, 1, "hi")
    finally:
        done.set()
    assert len(scripted.requests) == 1


def test_no_token_is_ever_logged(
    acme: Acme, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("github.Requester", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, name)
    client = acme.new_client()
    _say_everything(client, acme)
    trouble = _trouble(client, acme)
    assert len(acme.seen.secrets) >= 3
    told = caplog.text + "".join(capfd.readouterr()) + trouble
    assert "urllib3" in told
    for secret in acme.seen.secrets:
        assert secret not in told


def _say_everything(client: GitHubClient, acme: Acme) -> None:
    repository = acme.repository
    number, head = acme.pull("canary")
    check = CheckRun(
        name="deploy / prod", sha=head, external_id="c", status="queued", title="t", summary="s"
    )
    made = client.comment(repository, number, "hi")
    client.react(repository, made, "eyes")
    client.find_comment(repository, number, "hi", datetime(2020, 1, 1, tzinfo=UTC))
    client.edit_check_run(repository, client.create_check_run(repository, check), check)
    client.permission(repository, "owner")
    client.trees(repository, head, ["services"])
    assert b"".join(client.archive(repository, head))


def _trouble(client: GitHubClient, acme: Acme) -> str:
    """Return what a log would hold of a failure."""
    with pytest.raises(Broken) as caught:
        client.comment(acme.repository, 9999, "nowhere")
    return "".join(traceback.format_exception(caught.value))
