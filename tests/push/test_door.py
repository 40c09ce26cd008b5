"""Who gets through to the consumer, on the wire."""

from __future__ import annotations

import hmac
import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from structlog.testing import capture_logs
from werkzeug.wrappers import Request, Response

from bot.push import LARGEST, verified
from localcloud.google.issuer import Issuer as GoogleIssuer
from tests.push.conftest import ACCOUNT, AUDIENCE, Consumer, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.push.conftest import Issuer

LONG_AGO = 1_600_000_000
FAR_AHEAD = 4_000_000_000


def test_a_genuine_push_comes_in_whole(consumer: Consumer, issuer: Issuer) -> None:
    answer = consumer.push(issuer.token(), b'{"message": {}}')
    assert (answer.status_code, answer.text) == (200, "in")
    assert consumer.bodies == [b'{"message": {}}']


def test_the_same_token_comes_in_again(consumer: Consumer, issuer: Issuer) -> None:
    token = issuer.token()
    assert [consumer.push(token).status_code for _ in range(3)] == [200] * 3
    assert issuer.fetched == 1


def test_the_shorter_issuer_is_google_too(consumer: Consumer, issuer: Issuer) -> None:
    assert consumer.push(issuer.token(iss="accounts.google.com")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "https://somebody-else.example"}, "InvalidAudienceError"),
        ({"aud": None}, "MissingRequiredClaimError"),
        ({"iss": "https://accounts.evil.example"}, "InvalidIssuerError"),
        ({"iss": None}, "MissingRequiredClaimError"),
        ({"exp": LONG_AGO}, "ExpiredSignatureError"),
        ({"exp": None}, "MissingRequiredClaimError"),
        ({"iat": FAR_AHEAD}, "ImmatureSignatureError"),
        ({"email": None}, "MissingRequiredClaimError"),
    ],
)
def test_a_token_that_is_not_right_is_unauthorized(
    consumer: Consumer, issuer: Issuer, changes: dict[str, object], reason: str
) -> None:
    refused(consumer, issuer.token(**changes), 401, reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "somebody@acme.iam.gserviceaccount.com"},
        {"email": ACCOUNT.upper()},
        {"email": [ACCOUNT]},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
    ],
)
def test_another_account_is_forbidden(
    consumer: Consumer, issuer: Issuer, changes: dict[str, object]
) -> None:
    refused(consumer, issuer.token(**changes), 403, "another account")


def test_a_token_signed_by_another_key_is_unauthorized(consumer: Consumer, issuer: Issuer) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    refused(consumer, issuer.token(key=other), 401, "InvalidSignatureError")


def test_a_token_without_a_signature_is_unauthorized(consumer: Consumer, issuer: Issuer) -> None:
    refused(consumer, issuer.token(key="", algorithm="none"), 401, "InvalidAlgorithmError")


def test_the_public_key_is_no_shared_secret(consumer: Consumer, issuer: Issuer) -> None:
    public = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed, _ = issuer.token(key="x" * 32, algorithm="HS256").rsplit(".", 1)
    signature = hmac.digest(public, signed.encode(), "sha256")
    token = f"{signed}.{jwt.utils.base64url_encode(signature).decode()}"
    refused(consumer, token, 401, "InvalidAlgorithmError")


@pytest.mark.parametrize("token", ["x", "a.b.c", "....", "\xff" * 50, "x" * 5000])
def test_nonsense_is_unauthorized(consumer: Consumer, token: str) -> None:
    refused(consumer, token, 401, "DecodeError")


def test_a_deeply_nested_token_is_unauthorized(consumer: Consumer) -> None:
    head = jwt.utils.base64url_encode(b"[" * 5000).decode()
    refused(consumer, f"{head}.e30.e30", 401, "Error")


def test_a_changed_token_is_unauthorized(consumer: Consumer, issuer: Issuer) -> None:
    head, body, signature = issuer.token().split(".")
    claims = jwt.utils.base64url_decode(body).replace(b"pusher", b"forger")
    forged = jwt.utils.base64url_encode(claims).decode()
    refused(consumer, f"{head}.{forged}.{signature}", 401, "InvalidSignatureError")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz"])
def test_no_token_is_unauthorized(consumer: Consumer, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = requests.post(f"{consumer.url}/p", data=b"{}", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert consumer.bodies == []


def test_health_needs_no_token_but_only_to_be_read(consumer: Consumer) -> None:
    assert requests.get(f"{consumer.url}/healthz", timeout=10).status_code == 200
    assert requests.head(f"{consumer.url}/healthz", timeout=10).status_code == 200
    consumer.bodies.clear()
    assert consumer.push(None, path="/healthz").status_code == 401
    assert requests.get(f"{consumer.url}/healthz/", timeout=10).status_code == 401
    assert requests.get(f"{consumer.url}/", timeout=10).status_code == 401
    assert consumer.bodies == []


def test_a_new_key_is_fetched_when_a_token_names_it(
    patient_consumer: Consumer, issuer: Issuer
) -> None:
    old = issuer.token()
    assert patient_consumer.push(old).status_code == 200
    issuer.rotate("second")
    assert patient_consumer.push(issuer.token()).status_code == 200
    assert patient_consumer.push(old).status_code == 401
    assert issuer.fetched == 3


def test_strangers_cannot_make_us_fetch_keys(consumer: Consumer, issuer: Issuer) -> None:
    good, kid = issuer.token(), issuer.kid
    assert consumer.push(good).status_code == 200
    for number in range(5):
        issuer.kid = f"unknown-{number}"
        refused(consumer, issuer.token(), 401, "PyJWKClientError")
    issuer.kid = kid
    assert consumer.push(good).status_code == 200
    assert issuer.fetched == 1


@pytest.mark.parametrize("page", [Response("", 500), Response("<html>"), Response("{}")])
def test_without_keys_pub_sub_shall_try_again(
    consumer: Consumer, issuer: Issuer, page: Response
) -> None:
    issuer.answer = lambda: page
    refused(consumer, issuer.token(), 503, "no certificates")
    issuer.answer = None
    assert consumer.push(issuer.token()).status_code == 200


def test_a_key_server_that_is_away_means_try_again(issuer: Issuer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/certs"
        consumer = Consumer()
        with served(verified(consumer, AUDIENCE, ACCOUNT, url)) as consumer.url:
            refused(consumer, issuer.token(), 503, "no certificates")


def test_known_keys_outlive_an_outage(consumer: Consumer, issuer: Issuer) -> None:
    assert consumer.push(issuer.token()).status_code == 200
    issuer.answer = lambda: Response("", 500)
    assert consumer.push(issuer.token()).status_code == 200


def test_a_body_over_the_limit_is_not_read(consumer: Consumer, issuer: Issuer) -> None:
    address = urlsplit(consumer.url)
    head = f"POST /p HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {issuer.token()}\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: {LARGEST + 1}\r\n\r\n".encode())
        assert connection.recv(1000).split(b"\r\n")[0].split(b" ")[1] == b"413"
    assert consumer.bodies == []


def test_a_body_of_unknown_length_is_not_read(consumer: Consumer, issuer: Issuer) -> None:
    assert consumer.push(issuer.token(), iter([b"{}"])).status_code == 411
    assert consumer.bodies == []


def test_the_largest_push_comes_in(consumer: Consumer, issuer: Issuer) -> None:
    assert consumer.push(issuer.token(), bytes(LARGEST)).status_code == 200
    assert len(consumer.bodies[0]) == LARGEST


def test_the_local_google_is_believed(tmp_path: Path) -> None:
    google, consumer = GoogleIssuer(tmp_path), Consumer()
    with served(Request.application(google.pages)) as url:
        door = verified(consumer, AUDIENCE, ACCOUNT, f"{url}/oauth2/v3/certs")
        with served(door) as consumer.url:
            assert consumer.push(google.mint(AUDIENCE, ACCOUNT)).status_code == 200
            refused(consumer, google.mint("https://else.example", ACCOUNT), 401, "Audience")


def refused(consumer: Consumer, token: str, status: int, reason: str) -> None:
    """The answer says nothing, the log says why, and neither shows the token."""
    before = len(consumer.bodies)
    with capture_logs() as logs:
        answer = consumer.push(token)
    assert answer.status_code == status
    assert list(json.loads(answer.content)) == ["error"]
    assert reason not in answer.text
    (entry,) = logs
    assert reason in entry["reason"]
    assert token not in repr(entry)
    assert len(consumer.bodies) == before
