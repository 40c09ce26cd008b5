from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from localcloud.github.judge import Description, Exchange, Judge
from localcloud.github.server import GitHub
from tests.localcloud.github.world import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.localcloud.github.world import Clone, World


def test_a_restart_resumes(world: World, clone: Clone, pull: int) -> None:
    comment = world.bot().get_issue(pull).create_comment("before")
    before = (world.tokens, world.app.id, world.app.private_key_pem, world.installation)
    heads = clone("ls-remote", "origin").replace(world.gh.url, "")
    assert world.gh.deliveries_idle(10)
    world.restart()
    assert (world.tokens, world.app.id, world.app.private_key_pem, world.installation) == before
    assert world.bot().get_issue(pull).get_comment(comment.id).body == "before"
    clone("remote", "set-url", "origin", world.clone_url("writer"))
    assert clone("ls-remote", "origin") == heads
    newer = world.bot().get_issue(pull).create_comment("after")
    assert newer.id > comment.id
    clone.push("Go on", "topic")
    assert len(world.told("pull_request", "synchronize")) == 1


def test_installing_and_greeting_are_told_once(world: World) -> None:
    world.gh.add_repository("acme/other")
    assert world.gh.install("spillway", "acme/other") == world.installation
    assert world.gh.install("spillway", "acme/other") == world.installation
    assert [got.told for got in world.heard()] == [
        ("ping", None),  # when the App was made, which nobody heard before
        ("ping", None),  # for its new address
        ("installation", "created"),
        ("installation_repositories", "added"),
    ]
    assert all(got.signed for got in world.heard())


def test_failed_deliveries_are_listed_and_redelivered(world: World, clone: Clone) -> None:
    world.receiver.answer = 503
    clone.push("Two")
    assert world.gh.deliveries_idle(10)
    app = world.as_app()
    asked_for, newest = world.rest("GET", "/app/hook/deliveries", headers=app).json()[:2]
    assert (asked_for["event"], asked_for["status_code"]) == ("check_suite", 503)
    assert (newest["event"], newest["status_code"], newest["redelivery"]) == ("push", 503, False)
    world.receiver.answer = 202
    attempts = f"/app/hook/deliveries/{newest['id']}/attempts"
    assert world.rest("POST", attempts, headers=app).status_code == 202
    first, _, again = world.heard()[-3:]
    assert first.headers["x-github-delivery"] == again.headers["x-github-delivery"]
    assert first.body == again.body
    newest = world.rest("GET", "/app/hook/deliveries", headers=app).json()[0]
    assert (newest["status"], newest["redelivery"]) == ("OK", True)
    whole = world.rest("GET", f"/app/hook/deliveries/{newest['id']}", headers=app).json()
    assert whole["request"]["payload"]["ref"] == "refs/heads/main"
    page = world.rest("GET", "/app/hook/deliveries?per_page=1", headers=app)
    older = world.rest("GET", page.links["next"]["url"], headers=app).json()
    assert older[0]["id"] < page.json()[0]["id"]


def test_a_receiver_that_is_down_stops_nothing(world: World, clone: Clone) -> None:
    world.gh.add_app("spillway", webhook_url="http://127.0.0.1:9/", webhook_secret="other")
    clone.push("Two")
    assert world.gh.deliveries_idle(10)
    newest = world.rest("GET", "/app/hook/deliveries", headers=world.as_app()).json()[0]
    assert (newest["status_code"], newest["status"]) == (0, "failed to connect to host")


@pytest.mark.usefixtures("clone")
def test_every_call_is_logged_with_its_template(world: World, pull: int) -> None:
    start = len(world.gh.calls)
    world.bot().get_issue(pull).create_comment("counted")
    seen = [(call.method, call.route, call.status, call.kind) for call in world.gh.calls[start:]]
    assert seen == [
        ("POST", "/app/installations/{installation_id}/access_tokens", 201, "token"),
        ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", 201, "rest"),
    ]
    assert world.gh.calls[-1].actor == "spillway[bot]"


def test_faults_can_be_wrapped_around_answers(world: World) -> None:
    def broken(app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] == "/meta":
                return Response("down", 502)(environ, start)
            return app(environ, start)

        return answer

    world.gh.before_response.append(broken)
    assert world.rest("GET", "/meta").status_code == 502
    assert world.rest("GET", "/rate_limit").status_code == 200
    world.gh.before_response.clear()
    assert world.rest("GET", "/meta").status_code == 200


@pytest.mark.parametrize("body", [b"[]", b"null", b"\xff", b'{"body": "\\ud800"}', b"[" * 9999])
def test_nonsense_is_the_callers_fault(world: World, pull: int, body: bytes) -> None:
    answer = world.rest("POST", world.repo(f"/issues/{pull}/comments"), "owner", data=body)
    assert answer.status_code in (400, 422)
    assert {violation.where for violation in world.judge.violations} == {"request"}
    world.judge.violations.clear()


@pytest.mark.parametrize("odd", ["a%00b", "--help", "main~1", "main:README", "@%7B-1%7D", "%FF"])
def test_odd_revisions_are_not_found(world: World, clone: Clone, odd: str) -> None:
    assert clone("rev-parse", "HEAD")
    assert world.rest("GET", world.repo(f"/compare/main...{odd}")).status_code == 404
    assert world.rest("GET", world.repo(f"/commits/{odd}/status")).status_code == 404


@pytest.mark.parametrize("header", ["Basic", "Basic \u00e9", "Bearer a.b.c", "token ", "odd"])
def test_odd_credentials_are_bad_credentials(world: World, header: str) -> None:
    headers = {"Authorization": header.encode("latin-1")}
    assert world.rest("GET", world.repo(), headers=headers).status_code == 401


def test_clients_may_keep_their_connections(world: World) -> None:
    port = int(world.gh.url.rpartition(":")[2])
    with ExitStack() as idle:
        for _ in range(200):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert world.rest("GET", "/meta").status_code == 200


def test_people_read_their_account(world: World) -> None:
    assert world.github("reader").get_user().login == "reader"
    assert world.rest("GET", "/users/spillway[bot]").json()["type"] == "Bot"
    assert world.rest("GET", "/users/acme").json()["type"] == "Organization"
    assert world.rest("GET", "/users/nobody").status_code == 404
    bot = world.as_installation()
    assert world.rest("GET", "/user", headers=bot).status_code == 403
    listed = world.rest("GET", "/installation/repositories", headers=bot).json()
    assert [one["full_name"] for one in listed["repositories"]] == [NAME]


def test_a_server_that_never_started_stops(world: World) -> None:
    other = GitHub(world.root / "other", judge=world.judge)
    other.stop()
    socket.create_server(("127.0.0.1", int(other.url.rpartition(":")[2]))).close()


def test_the_judge_notes_what_github_does_not_serve(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.rest("GET", world.repo("/nonsense")).status_code == 404
    assert world.rest("GET", world.repo("/pulls?staet=open")).status_code == 200
    assert [violation.where for violation in world.judge.violations] == ["operation", "request"]
    assert "nonsense" in capsys.readouterr().err
    world.judge.violations.clear()


def test_the_judge_notes_answers_of_the_wrong_shape(description: Description) -> None:
    judge = Judge(description)
    template = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
    seen = Exchange("POST", template, template, (), {"body": "hello"}, 201, {"id": "seven"})
    judge.exchange(seen)
    assert any('"seven" is not of type "integer"' in one.message for one in judge.violations)
    judge.webhook("push", None, {"ref": "refs/heads/main"})
    assert any(one.operation == "webhook push" for one in judge.violations)
