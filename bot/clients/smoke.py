"""Smoke checks: a few requests to a revision that has no traffic yet, as somebody it must trust."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
from google.auth.exceptions import DefaultCredentialsError
from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token_credentials
from urllib3.exceptions import HTTPError

from bot.clients.endpoint import LOOPBACK, translate
from bot.core.deployment import SmokeAnswer
from bot.ports import Broken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.auth.credentials import Credentials

    from bot.core.configuration import Expect, SmokeCheck

DEADLINE = 10.0
"""Seconds for one check."""
LARGEST = 64 * 1024
"""Bytes of an answer that are read."""
PIECE = 16 * 1024
QUOTED = 200
"""Characters of an answer that are shown."""


class SmokeVisitor:
    """A `Visitor` with ID tokens from the environment it runs in, kept until they expire."""

    def __init__(self) -> None:
        self._credentials: dict[str, Credentials | None] = {}

    def visit(
        self, url: str, audience: str, checks: Sequence[SmokeCheck]
    ) -> tuple[SmokeAnswer, ...]:
        """Make the requests, each with an ID token for `audience`; stop at the first that fails.

        Whatever the revision does or fails to do is an answer. Raises Transient and Broken only
        where no token is to be had. On loopback, where nobody has an identity, none is sent, nor
        is one asked for without checks.
        """
        answers: list[SmokeAnswer] = []
        if not checks:
            return ()
        with requests.Session() as session:
            session.trust_env = False  # a .netrc would replace the token
            session.headers.update(self._identity(url, audience))
            for check in checks:
                answers.append(_answer(session, url, check))
                if not answers[-1].passed:
                    break
        return tuple(answers)

    def _identity(self, url: str, audience: str) -> dict[str, str]:
        local = urlsplit(url).hostname in LOOPBACK
        if not local and urlsplit(url).scheme != "https":
            message = f"a smoke check's token must not travel in plain text, to {url}"
            raise Broken(message)
        with translate("ID token"):
            return self._bearer(audience or url, optional=local)

    def _bearer(self, audience: str, *, optional: bool) -> dict[str, str]:
        credentials = self._credentials_for(audience, again=not optional)
        if credentials is not None:
            if not credentials.valid:
                credentials.refresh(Request())  # type: ignore[no-untyped-call]  # has no types
            return {"Authorization": f"Bearer {credentials.token}"}
        if optional:
            return {}
        message = f"no ID token for {audience} can be had for smoke checks"
        raise Broken(message)

    def _credentials_for(self, audience: str, *, again: bool) -> Credentials | None:
        """Return what was found before; look `again` where nothing was, which takes seconds."""
        found = self._credentials.get(audience)
        if audience not in self._credentials or (found is None and again):
            found = self._credentials[audience] = _credentials(audience)
        return found


def _credentials(audience: str) -> Credentials | None:
    """Return what gets ID tokens in this environment; None where nobody is anybody."""
    try:
        found = fetch_id_token_credentials(audience, Request())  # type: ignore[no-untyped-call]  # ditto
    except DefaultCredentialsError:
        return None
    return cast("Credentials", found)


def _answer(session: requests.Session, url: str, check: SmokeCheck) -> SmokeAnswer:
    method, path = check.method.upper(), "/" + check.path.lstrip("/")
    request = f"{method} {path}"
    until = time.monotonic() + DEADLINE
    try:
        with session.request(
            method,
            url.rstrip("/") + path,
            json=check.json,
            timeout=DEADLINE,
            allow_redirects=False,
            stream=True,
        ) as response:
            return _judged(request, check.expect, response, _body(response, until))
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        return SmokeAnswer(request=request, passed=False, got=_shown(f"no answer: {_cause(error)}"))


def _body(response: requests.Response, until: float) -> bytes:
    """Return the beginning of the body, as far as it comes in time."""
    body = b""
    while len(body) < LARGEST and (piece := response.raw.read1(PIECE, decode_content=True)):
        body += piece
        if time.monotonic() > until:
            message = "the body took too long"
            raise TimeoutError(message)
    return body[:LARGEST]


def _judged(request: str, expect: Expect, response: requests.Response, body: bytes) -> SmokeAnswer:
    right_status = response.status_code == expect.status
    right_json = not expect.json or _matches(expect.json, _parsed(body))
    said = f"{response.status_code} {response.reason}"
    if right_status and not right_json:
        said += f" without {json.dumps(expect.json, ensure_ascii=False)}"
    text = _shown(body.decode(errors="replace"))
    got = f"{_shown(said)}: {text}" if text else _shown(said)
    return SmokeAnswer(request=request, passed=right_status and right_json, got=got)


def _parsed(body: bytes) -> Any:  # noqa: ANN401  # whatever JSON the service answers
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _matches(wanted: object, got: object) -> bool:
    """Tell whether all that is wanted is there; other members do not matter."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(
            name in got and _matches(value, got[name]) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(_matches, wanted, got))
    return wanted == got and isinstance(wanted, bool) == isinstance(got, bool)


def _cause(error: BaseException) -> str:
    """Return what is at the bottom: the layers above repeat the address and their own names."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str(error) or type(error).__name__


def _shown(text: str) -> str:
    printable = "".join(mark if mark.isprintable() else " " for mark in text)
    return " ".join(printable.split())[:QUOTED]
