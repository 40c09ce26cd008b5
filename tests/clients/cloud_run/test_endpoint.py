"""Google's answers, over the wire, become "later", "never" or the caller's business."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from google.api_core import exceptions as google
from google.auth import exceptions as auth
from google.cloud import run_v2

from bot.clients.cloud_run import CloudRunClient
from bot.clients.endpoint import credentials_for, grpc, message_of, rest, status_of, translate
from bot.core.configuration import ServiceKey
from bot.ports import Broken, Transient

if TYPE_CHECKING:
    from tests.clients.answering import Answers

NAME = "projects/p/locations/r/services/s"
KEY = ServiceKey("p", "r", "s")


@pytest.mark.parametrize("status", [408, 429, 499, 500, 502, 503, 504])
def test_what_passes_by_itself_is_transient(answers: Answers, status: int) -> None:
    answers.status, answers.retry_after = status, "7"
    with pytest.raises(Transient, match="these words") as caught:
        CloudRunClient(answers.url).service(KEY, [])
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("status", [400, 403, 501])
def test_what_waiting_cannot_mend_is_broken(answers: Answers, status: int) -> None:
    answers.status = status
    with pytest.raises(Broken, match=f"Cloud Run: {status} these words"):
        CloudRunClient(answers.url).service(KEY, [])


def test_credentials_that_nobody_takes_are_broken(answers: Answers) -> None:
    answers.status = 401
    with pytest.raises(Broken, match="Cloud Run"):
        CloudRunClient(answers.url).service(KEY, [])


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, google.BadRequest), (404, google.NotFound), (409, google.Conflict)],
)
def test_what_is_about_the_request_is_left_to_the_caller(
    answers: Answers, status: int, error: type[Exception]
) -> None:
    answers.status, answers.reason = status, "ABORTED"
    with pytest.raises(error) as caught, translate("here"):
        rest(run_v2.ServicesClient, answers.url).get_service(name=NAME)
    assert isinstance(caught.value, google.GoogleAPICallError)
    assert (status_of(caught.value), message_of(caught.value)) == ("ABORTED", "these words")


def test_a_connection_that_breaks_is_transient(answers: Answers) -> None:
    answers.status = 0
    with pytest.raises(Transient):
        CloudRunClient(answers.url).service(KEY, [])


SENSELESS = {
    "a page": b"<html>Sign in to this network</html>",
    "nothing": b"",
    "no text": b"\xff\xfe",
    "a list": b"[1]",
    "half": b'{"name": "projects/p/loc',
    "another type": b'{"traffic": "all"}',
    "without an end": b"[" * 100_000,
}
STUMBLES = {
    "a text": b'{"error": "invalid_grant"}',
    "null": b'{"error": null}',
    "a list": b'{"error": [1]}',
    "details without a type": b'{"error": {"message": "no", "details": ["quota"]}}',
    "details that are no list": b'{"error": {"message": "no", "details": 7}}',
    "without an end": b"[" * 100_000,
}


@pytest.mark.parametrize("body", SENSELESS.values(), ids=SENSELESS)
def test_an_answer_that_is_not_googles_is_transient(answers: Answers, body: bytes) -> None:
    answers.body = body
    with pytest.raises(Transient, match="Cloud Run's answer makes no sense"):
        CloudRunClient(answers.url).service(KEY, [])


@pytest.mark.parametrize("body", STUMBLES.values(), ids=STUMBLES)
@pytest.mark.parametrize(("status", "meaning"), [(403, Broken), (503, Transient)])
def test_an_error_is_known_by_its_status_whatever_it_says(
    answers: Answers, body: bytes, status: int, meaning: type[Exception]
) -> None:
    answers.status, answers.body = status, body
    with pytest.raises(meaning, match=f"Cloud Run: {status}"):
        CloudRunClient(answers.url).service(KEY, [])


def test_no_wait_is_longer_than_an_hour(answers: Answers) -> None:
    answers.status, answers.retry_after = 429, "9" * 400
    with pytest.raises(Transient) as caught:
        CloudRunClient(answers.url).service(KEY, [])
    assert caught.value.retry_after == 3600


def test_a_service_that_serves_nothing_yet_is_seen(answers: Answers) -> None:
    target = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}
    answers.body = json.dumps({"trafficStatuses": [target]}).encode()
    seen = CloudRunClient(answers.url).service(KEY, [])
    assert seen.exists
    assert seen.shares == {}


def test_nobody_there_is_transient_over_both_transports() -> None:
    with pytest.raises(Transient):
        CloudRunClient("http://127.0.0.1:1").service(KEY, [])
    client = grpc(run_v2.ServicesClient, "127.0.0.1:1")
    with pytest.raises(Transient), translate("here"):
        client.get_service(name=NAME, retry=None, timeout=5)
    client.transport.close()


@pytest.mark.parametrize(
    "url", ["http://run.example.com", "http://10.0.0.1:80", "http://127.1.evil.test"]
)
def test_plain_http_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(Broken, match="on this machine"):
        CloudRunClient(url).service(KEY, [])


def test_a_plain_channel_elsewhere_is_refused() -> None:
    with pytest.raises(Broken, match=r"not on run\.example\.com"):
        grpc(run_v2.ServicesClient, "run.example.com:443")


def test_credentials_are_for_tls_only() -> None:
    assert credentials_for("https://europe-west1-run.googleapis.com") is None
    assert credentials_for("") is None
    assert credentials_for("http://[::1]:80") is not None


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (auth.DefaultCredentialsError("none"), Broken),
        (auth.RefreshError("metadata server is busy", retryable=True), Transient),
        (auth.TransportError("no route"), Transient),
        (google.RetryError("gave up", google.ServiceUnavailable("x")), Transient),
        (TimeoutError("late"), Transient),
    ],
)
def test_trouble_before_the_request_is_told_apart(
    error: Exception, meaning: type[Exception]
) -> None:
    with pytest.raises(meaning), translate("here"):
        raise error
