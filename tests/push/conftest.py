"""A consumer behind its door, an issuer of tokens, and Google's page of keys, all on loopback."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from bot.push import PushDoor, verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

AUDIENCE = "https://consumer.example/push"
ACCOUNT = "pusher@acme.iam.gserviceaccount.com"


@contextmanager
def served(app: WSGIApplication) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Issuer:
    """Signs tokens as Google does and shows its public keys; both can be changed."""

    def __init__(self) -> None:
        self.fetched = 0
        self.answer: Callable[[], Response] | None = None
        self.rotate("first")

    def rotate(self, kid: str) -> None:
        self.kid = kid
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, key: object = None, algorithm: str = "RS256", **changes: object) -> str:
        """Return a good token, but for the changes; None removes a claim."""
        now = int(time.time())
        good = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "sub": "1"}
        good |= {"email": ACCOUNT, "email_verified": True, "iat": now, "exp": now + 3600}
        claims = {name: value for name, value in (good | changes).items() if value is not None}
        signer: Any = self.key if key is None else key
        return jwt.encode(claims, signer, algorithm, {"kid": self.kid})

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Any:  # noqa: ANN401
        self.fetched += 1
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        keys = {"keys": [public | {"kid": self.kid, "alg": "RS256", "use": "sig"}]}
        answer = self.answer() if self.answer else Response(json.dumps(keys))
        return answer(environ, start)


class Consumer:
    """What stands behind the door: remembers what came in."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.url = ""

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Any:  # noqa: ANN401
        self.bodies.append(Request(environ).get_data())
        return Response("in")(environ, start)

    def push(self, token: str | None, data: Any = b"{}", path: str = "/p") -> requests.Response:  # noqa: ANN401
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return requests.post(self.url + path, data=data, headers=headers, timeout=10)


@pytest.fixture(scope="session")
def issuers() -> Iterator[tuple[Issuer, str]]:
    issuer = Issuer()
    with served(issuer) as url:
        yield issuer, url


@pytest.fixture
def issuer(issuers: tuple[Issuer, str]) -> Issuer:
    issuers[0].fetched = 0
    issuers[0].answer = None
    return issuers[0]


@pytest.fixture
def certs_url(issuers: tuple[Issuer, str], issuer: Issuer) -> str:
    assert issuer is issuers[0]
    return f"{issuers[1]}/oauth2/v3/certs"


@pytest.fixture
def consumer(certs_url: str) -> Iterator[Consumer]:
    consumer = Consumer()
    with served(verified(consumer, AUDIENCE, ACCOUNT, certs_url)) as consumer.url:
        yield consumer


@pytest.fixture
def patient_consumer(certs_url: str) -> Iterator[Consumer]:
    """A consumer that may fetch the keys again at once."""
    consumer = Consumer()
    keys = jwt.PyJWKClient(certs_url, cooldown_duration=0)
    with served(PushDoor(consumer, keys, AUDIENCE, ACCOUNT)) as consumer.url:
        yield consumer
